using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the configuration of an identity for TLS: a certificate with its chain, and its private key. The files are watched: new handshakes use their new content.</summary>
public sealed class IdentityConfiguration
{
    /// <summary>
    /// Gets or sets the paths of the files with the certificates: PEM, the identity's own certificate first and then the intermediates, in one file or several; or one PFX file (PKCS #12), which has the key. Required.
    /// </summary>
    public IReadOnlyList<string> Certs { get; set; } = [];

    /// <summary>Gets or sets the path of the PEM file with the private key. Null, the default, if the key is in the file of the certificate.</summary>
    public string? PrivateKey { get; set; }

    /// <summary>Gets or sets the path of a file with the passphrase of an encrypted key or PFX file. Null, the default, for none.</summary>
    public string? PassphraseFile { get; set; }

    /// <summary>Gets or sets the path of a file with an OCSP response in DER, which a server staples to the certificate. Null, the default, for none. Needs the OpenSSL provider.</summary>
    public string? OcspFile { get; set; }

    /// <summary>Returns the files for <see cref="ListenerIdentity"/> and the options of TLS. There must be a certificate.</summary>
    public CertificateFiles ToFiles() => new()
    {
        CertificateFile = Certs[0],
        ChainFiles = [.. Certs.Skip(1)],
        KeyFile = string.IsNullOrEmpty(PrivateKey) ? null : PrivateKey,
        PassphraseFile = string.IsNullOrEmpty(PassphraseFile) ? null : PassphraseFile,
        OcspFile = string.IsNullOrEmpty(OcspFile) ? null : OcspFile,
    };
}
