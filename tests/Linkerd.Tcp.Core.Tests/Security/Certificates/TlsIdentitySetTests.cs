using System.Security.Cryptography;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.TestUtilities.Certificates;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>The identity that a server name selects.</summary>
public sealed class TlsIdentitySetTests
{
    private static readonly TlsIdentity Default = Load(new TestCertificate("default.example"));
    private static readonly TlsIdentity Exact = Load(new TestCertificate("a.example.com", "B.Example.com"));
    private static readonly TlsIdentity Wildcard = Load(new TestCertificate("*.example.com"));
    private static readonly TlsIdentity Deep = Load(new TestCertificate("*.sub.example.com", "example.com"));
    private static readonly TlsIdentity Common = Load(new TestCertificate { CommonName = "cn.example" });

    [Theory]
    [InlineData("a.example.com", "exact")]
    [InlineData("A.EXAMPLE.COM", "exact")]
    [InlineData("a.example.com.", "exact")]
    [InlineData("b.example.com", "exact")]
    [InlineData("c.example.com", "wildcard")]
    [InlineData("C.example.COM", "wildcard")]
    [InlineData("x.sub.example.com", "deep")]
    [InlineData("sub.example.com", "wildcard")]
    [InlineData("x.y.example.com", "default")]
    [InlineData("example.com", "deep")]
    [InlineData(".example.com", "default")]
    [InlineData("*.example.com", "wildcard")]
    [InlineData("cn.example", "common")]
    [InlineData("default.example", "default")]
    [InlineData("unknown", "default")]
    [InlineData("127.0.0.1", "default")]
    [InlineData("", "default")]
    [InlineData(".", "default")]
    [InlineData("..", "default")]
    public void Select_ServerName_ExactBeatsWildcardBeatsDefault(string serverName, string expected)
    {
        var set = new TlsIdentitySet([Default, Wildcard, Exact, Deep, Common]);

        Assert.Empty(set.Warnings);
        Assert.Same(expected switch { "exact" => Exact, "wildcard" => Wildcard, "deep" => Deep, "common" => Common, _ => Default }, set.Select(serverName));
        Assert.Equal(expected == "default" && serverName != "default.example", set.Find(serverName) is null);
    }

    [Fact]
    public void Select_NameOfTwoIdentities_TheFirstIsUsedAndThatIsAWarning()
    {
        var longer = Load(new TestCertificate("a.example.com", "*.example.com") { Until = Now.AddYears(2) });
        var set = new TlsIdentitySet([Default, Exact, longer, Wildcard]);

        Assert.Same(Exact, set.Select("a.example.com"));
        Assert.Same(longer, set.Select("z.example.com"));
        Assert.Equal(["the name a.example.com is in c.pem and in c.pem: the first of them is used", "the name *.example.com is in c.pem and in c.pem: the first of them is used"], set.Warnings);
    }

    [Fact]
    public void Select_EcdsaBesideRsa_IsAWarningThatOneOfThemIsNotUsed()
    {
        var rsa = Load(new TestCertificate("a.example.com") { Key = RsaKey });
        var set = new TlsIdentitySet([Exact, rsa]);

        Assert.Same(Exact, set.Select("a.example.com"));
        Assert.Equal(["the name a.example.com has an ECDSA and an RSA certificate, and only one of them can be used: c.pem, not c.pem"], set.Warnings);
    }

    [Fact]
    public void Select_OneWithoutNames_IsTheDefault()
    {
        var nameless = Load(new TestCertificate { CommonName = "No Host Name" });

        Assert.Empty(nameless.Names);
        Assert.Same(nameless, new TlsIdentitySet([nameless]).Select("a.example.com"));
    }

    [Fact]
    public void Select_ManyIdentities_AllocatesNothing()
    {
        var set = new TlsIdentitySet([Default, Exact, Wildcard, Deep]);
        string[] names = ["a.example.com", "C.EXAMPLE.COM.", "unknown.example", "", new string('a', 300)];
        Select();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Select();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Select()
        {
            foreach (var name in names)
            {
                set.Select(name);
            }
        }
    }

    [Fact]
    public void ExportKey_BothAlgorithms_IsTheKeyOfTheCertificate()
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Exact.ExportKey(), out _);
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(Exact.Chain[0]);
        Assert.Equal(certificate.PublicKey.ExportSubjectPublicKeyInfo(), key.ExportSubjectPublicKeyInfo());
    }
}
