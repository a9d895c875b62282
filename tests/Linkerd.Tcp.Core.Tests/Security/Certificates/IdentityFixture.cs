using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Authorities and keys that tests share, as making RSA keys takes long; and identities from texts, without files.</summary>
internal static class IdentityFixture
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly RSA RsaKey = RSA.Create(2048);

    public static readonly TestCertificateAuthority Root = new("Root", Now);

    public static readonly TestCertificateAuthority Intermediate = new("Intermediate", Now, Root);

    public static readonly TestCertificateAuthority Second = new("Second", Now, Intermediate);

    public static string Pem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";

    /// <summary>A certificate, its intermediate and its key in one text.</summary>
    public static string Bundle(TestCertificate certificate)
    {
        using var issued = Intermediate.Issue(certificate);
        return Pem(issued) + Intermediate.Pem + TestCertificateAuthority.KeyPem(issued);
    }

    public static CertificateLoad<TlsIdentity> Read(string certificates, string? key = null, string? passphrase = null, IdentityPurpose purpose = IdentityPurpose.Server) =>
        Read(Encoding.UTF8.GetBytes(certificates), key, passphrase, purpose);

    public static CertificateLoad<TlsIdentity> Read(byte[] certificates, string? key = null, string? passphrase = null, IdentityPurpose purpose = IdentityPurpose.Server)
    {
        var files = new CertificateFiles { CertificateFile = "c.pem", KeyFile = key is null ? null : "k.pem", PassphraseFile = passphrase is null ? null : "p" };
        return IdentityLoader.Read(files, certificates, key is null ? null : Encoding.UTF8.GetBytes(key), passphrase is null ? null : Encoding.UTF8.GetBytes(passphrase), purpose, Now);
    }

    public static TlsIdentity Load(TestCertificate certificate)
    {
        var (loaded, problem) = Read(Bundle(certificate));
        return loaded ?? throw new InvalidOperationException(problem?.Message);
    }
}
