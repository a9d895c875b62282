using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.TestUtilities.Certificates;

/// <summary>Issues certificates in memory, valid around a time: a root, or an intermediate below another authority.</summary>
public sealed class TestCertificateAuthority : IDisposable
{
    private static int Serial;
    private readonly AsymmetricAlgorithm _key;
    private readonly DateTimeOffset _now;

    public TestCertificateAuthority(string name, DateTimeOffset now, TestCertificateAuthority? issuer = null, TestCertificate? certificate = null)
    {
        _now = now;
        certificate ??= new TestCertificate();
        _key = certificate.Key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Name = $"CN={name}";
        var request = NewRequest(Name, _key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        Certificate = (issuer ?? this).Sign(request, certificate, years: 10, isRoot: issuer is null);
    }

    public string Name { get; }

    /// <summary>Its own certificate, without the key.</summary>
    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem() + "\n";

    /// <summary>Issues a certificate.</summary>
    /// <returns>The certificate with its key.</returns>
    public X509Certificate2 Issue(TestCertificate certificate)
    {
        var key = certificate.Key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = certificate.CommonName ?? (certificate.Names.Count > 0 ? certificate.Names[0] : "test");
        var request = NewRequest($"CN={name}", key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        AddNames(request, certificate);
        if (certificate.Usages.Count > 0)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. certificate.Usages.Select(static usage => new Oid(usage))], critical: false));
        }

        if (certificate.IssuerUrl is { } url)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: [url]));
        }

        using var signed = Sign(request, certificate, years: 1, isRoot: false);
        return key is RSA rsa ? signed.CopyWithPrivateKey(rsa) : signed.CopyWithPrivateKey((ECDsa)key);
    }

    /// <summary>Issues a revocation list, of thirty days.</summary>
    /// <returns>The list in PEM.</returns>
    public string Revoke(DateTimeOffset nextUpdate, params IEnumerable<X509Certificate2> revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
        {
            list.AddEntry(certificate, _now.AddHours(-1));
        }

        var authority = X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false);
        var content = list.Build(new X500DistinguishedName(Name), NewGenerator(), Interlocked.Increment(ref Serial), nextUpdate, HashAlgorithmName.SHA256, authority, nextUpdate.AddDays(-30));
        return PemEncoding.WriteString("X509 CRL", content) + "\n";
    }

    /// <summary>Prints a key as PKCS #8.</summary>
    public static string KeyPem(X509Certificate2 certificate)
    {
        using AsymmetricAlgorithm key = certificate.GetRSAPrivateKey() ?? (AsymmetricAlgorithm?)certificate.GetECDsaPrivateKey()!;
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private static void AddNames(CertificateRequest request, TestCertificate certificate)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in certificate.Names)
        {
            names.AddDnsName(name);
        }

        foreach (var address in certificate.Addresses)
        {
            names.AddIpAddress(address);
        }

        foreach (var uri in certificate.Uris)
        {
            names.AddUri(new Uri(uri));
        }

        if (certificate.Names.Count + certificate.Addresses.Count + certificate.Uris.Count > 0)
        {
            request.CertificateExtensions.Add(names.Build());
        }
    }

    private static CertificateRequest NewRequest(string name, AsymmetricAlgorithm key) =>
        key is RSA rsa ? new(name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new(name, (ECDsa)key, HashAlgorithmName.SHA256);

    private X509Certificate2 Sign(CertificateRequest request, TestCertificate certificate, int years, bool isRoot)
    {
        var own = new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false);
        request.CertificateExtensions.Add(own);
        request.CertificateExtensions.Add(isRoot
            ? X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(own)
            : X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        return request.Create(
            new X500DistinguishedName(Name), NewGenerator(), certificate.From ?? _now.AddDays(-1), certificate.Until ?? _now.AddYears(years), BitConverter.GetBytes(Interlocked.Increment(ref Serial)));
    }
    private X509SignatureGenerator NewGenerator() => _key is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1) : X509SignatureGenerator.CreateForECDsa((ECDsa)_key);
}
