using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security;

/// <summary>
/// Represents the files of an identity for TLS: a certificate with its chain, and its private key. They are watched: once a new set has been written whole, new handshakes use it within 2 s,
/// and a set that is not usable is logged and not used. A file has at most 1 MiB.
/// </summary>
public sealed class CertificateFiles
{
    /// <summary>
    /// Gets or sets the path of the certificates: PEM, the identity's own first and then the intermediates up to the root, which may be left out; or PFX (PKCS #12), with the key in it.
    /// Required. A relative path is resolved against the current directory.
    /// </summary>
    public string CertificateFile { get; set; } = string.Empty;

    /// <summary>Gets or sets the paths of further PEM files, whose certificates follow those of <see cref="CertificateFile"/>: the intermediates. Empty, the default: they are in that file.</summary>
    public IReadOnlyList<string> ChainFiles { get; set; } = [];

    /// <summary>
    /// Gets or sets the path of the private key: RSA or ECDSA, as PEM of PKCS #8, encrypted PKCS #8, PKCS #1 or SEC 1. Null, the default: the key is in <see cref="CertificateFile"/>.
    /// </summary>
    public string? KeyFile { get; set; }

    /// <summary>Gets or sets the path of a file with the passphrase of an encrypted key or PFX file, UTF-8, without the line break at its end. Null, the default: none.</summary>
    public string? PassphraseFile { get; set; }

    /// <summary>
    /// Gets or sets the path of a file with an OCSP response in DER (RFC 6960), which is stapled to the certificate. Null, the default: none. For a listener alone. Needs the OpenSSL provider.
    /// </summary>
    public string? OcspFile { get; set; }

    /// <summary>Gets the paths of all files, as absolute paths.</summary>
    internal IReadOnlyList<string> Paths => [.. new[] { CertificateFile, KeyFile, PassphraseFile, OcspFile }.OfType<string>().Concat(ChainFiles).Select(Path.GetFullPath)];

    /// <summary>Gets whether everything is the same.</summary>
    internal bool IsSame(CertificateFiles other) => (CertificateFile, KeyFile, PassphraseFile, OcspFile) == (other.CertificateFile, other.KeyFile, other.PassphraseFile, other.OcspFile)
        && ChainFiles.SequenceEqual(other.ChainFiles);

    internal CertificateFiles Copy()
    {
        var copy = (CertificateFiles)MemberwiseClone();
        copy.ChainFiles = ChainFiles?.ToArray()!;
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(BoundedFile.IsPath(CertificateFile), CertificateFile, "the path of a file");
        validator.Expect(ChainFiles?.All(static file => BoundedFile.IsPath(file)) == true, ChainFiles, "paths of files, or none,");
        validator.Expect(KeyFile is null || BoundedFile.IsPath(KeyFile), KeyFile, "the path of a file, or null,");
        validator.Expect(PassphraseFile is null || BoundedFile.IsPath(PassphraseFile), PassphraseFile, "the path of a file, or null,");
        validator.Expect(OcspFile is null || BoundedFile.IsPath(OcspFile), OcspFile, "the path of a file, or null,");
    }
}
