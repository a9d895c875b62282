using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>
/// Represents a certificate with its chain and private key, as one handshake after the other presents it. Immutable; members may be called from any thread.
/// </summary>
/// <remarks>
/// It is not disposable: sessions and handshakes under way go on using one that has been replaced, and there is no end of the last of them to see without counting each. The certificate and the
/// key are safe handles, so the collector frees them once nothing refers to them.
/// </remarks>
internal sealed class TlsIdentity : ILoadedCertificates
{
    private readonly X509Certificate2 _certificate;

    /// <param name="file">The path of the certificate file.</param>
    /// <param name="certificate">The certificate with its key, which the identity takes over.</param>
    /// <param name="intermediates">The further certificates to present, in order, without the root. They are copied.</param>
    /// <param name="warnings">What is wrong with it although it can be used.</param>
    /// <param name="ocspResponse">The OCSP response in DER; null: none.</param>
    public TlsIdentity(string file, X509Certificate2 certificate, X509Certificate2Collection intermediates, IReadOnlyList<string> warnings, byte[]? ocspResponse = null)
    {
        OcspResponse = ocspResponse;
        _certificate = certificate;
        File = file;
        Warnings = warnings;
        var names = CertificateNames.Of(certificate);
        Subject = CertificateNames.Print(certificate.SubjectName);
        Names = !names.Dns.IsEmpty ? names.Dns : CertificateNames.CommonNameOf(certificate) is { } name ? [name] : [];
        NotBefore = certificate.NotBefore.ToUniversalTime();
        NotAfter = certificate.NotAfter.ToUniversalTime();
        IsEcdsa = certificate.PublicKey.Oid.Value == PrivateKeyReader.EcAlgorithm;
        Thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        Chain = [certificate.RawDataMemory.ToArray(), .. intermediates.Select(static intermediate => intermediate.RawDataMemory.ToArray())];
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    public string File { get; }

    /// <summary>Gets the subject, on one line.</summary>
    public string Subject { get; }

    /// <summary>Gets the DNS names that it is for, in lower case, wildcards included: those of subjectAltName, or the common name if it has none.</summary>
    public ImmutableArray<string> Names { get; }

    public DateTimeOffset NotBefore { get; }

    public DateTimeOffset NotAfter { get; }

    public string Thumbprint { get; }

    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Gets whether the key is of ECDSA; otherwise it is of RSA.</summary>
    public bool IsEcdsa { get; }

    /// <summary>Gets what <see cref="SslStream"/> takes; made once, without asking the network for anything.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Gets the certificates in DER, in the order in which they are presented.</summary>
    public ImmutableArray<byte[]> Chain { get; }

    /// <summary>Gets the OCSP response in DER, which is stapled to the certificate; null if there is none.</summary>
    public byte[]? OcspResponse { get; }

    public bool IsSame(ILoadedCertificates other) => other is TlsIdentity identity && Chain.Length == identity.Chain.Length
        && OcspResponse.AsSpan().SequenceEqual(identity.OcspResponse)
        && Chain.Zip(identity.Chain).All(static pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    /// <summary>Returns the private key as PKCS #8 in DER, for a provider of its own. The caller clears it.</summary>
    public byte[] ExportKey()
    {
        using AsymmetricAlgorithm key = IsEcdsa ? _certificate.GetECDsaPrivateKey()! : _certificate.GetRSAPrivateKey()!;
        return key.ExportPkcs8PrivateKey();
    }

    public override string ToString() => $"{File} ({(Names.IsEmpty ? Subject : string.Join(", ", Names.Take(4)))})";
}
