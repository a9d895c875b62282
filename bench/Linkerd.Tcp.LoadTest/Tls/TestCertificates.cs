using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.LoadTest.Tls;

/// <summary>
/// A folder with a private certificate authority, ECDSA P-256, and one certificate that it issued. Proxies and backend present the same certificate.
/// </summary>
internal sealed class TestCertificates(string folder)
{
    /// <summary>The name in the certificate, which clients send and proxies verify.</summary>
    public const string Name = "server.example.com";

    private const int RsaBits = 2048;

    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);

    /// <summary>The certificate of the authority.</summary>
    public string Authority { get; } = Path.Combine(folder, "ca.pem");

    public string Certificate { get; } = Path.Combine(folder, "server.pem");

    public string Key { get; } = Path.Combine(folder, "server.key");

    /// <summary>Certificate and key in one file, as HAProxy wants them.</summary>
    public string CertificateAndKey { get; } = Path.Combine(folder, "server-and-key.pem");

    public string Folder => folder;

    /// <summary>Makes the files in a folder.</summary>
    public static TestCertificates Create(string folder, CertificateKey kind)
    {
        Directory.CreateDirectory(folder);
        var files = new TestCertificates(folder);
        var (begin, end) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow + Validity);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Load test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        authorityRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, critical: false));
        using var authority = authorityRequest.CreateSelfSigned(begin, end);

        using AsymmetricAlgorithm key = kind == CertificateKey.Rsa ? RSA.Create(RsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA rsa
            ? new CertificateRequest($"CN={Name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={Name}", (ECDsa)key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        using var certificate = request.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), begin, end, RandomNumberGenerator.GetBytes(16));

        var (certificatePem, keyPem) = (certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(files.Authority, authority.ExportCertificatePem() + "\n");
        File.WriteAllText(files.Certificate, certificatePem);
        File.WriteAllText(files.Key, keyPem);
        File.WriteAllText(files.CertificateAndKey, certificatePem + keyPem);
        return files;
    }
}
