using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.TestUtilities.Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

/// <summary>Certificates of servers and clients, good and bad, made once; those of this side are files.</summary>
internal static class TlsMaterial
{
    public static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private static readonly string Folder = MakeFolder();
    private static readonly RSA RsaKey = RSA.Create(2048);
    private static readonly TestCertificateAuthority Root = new("Contract Root", Now);
    private static readonly TestCertificateAuthority Intermediate = new("Contract Intermediate", Now, Root);
    private static readonly TestCertificateAuthority Stranger = new("Stranger", Now);

    /// <summary>The certificates by name, each with its key.</summary>
    private static readonly Dictionary<string, X509Certificate2> Issued = new()
    {
        ["ok"] = Intermediate.Issue(new TestCertificate("a.test")),
        ["rsa"] = Intermediate.Issue(new TestCertificate("rsa.test") { Key = RsaKey }),
        ["wildcard"] = Intermediate.Issue(new TestCertificate("*.wild.test")),
        ["renewed"] = Intermediate.Issue(new TestCertificate("a.test") { CommonName = "renewed" }),
        ["expired"] = Intermediate.Issue(new TestCertificate("a.test") { From = Now.AddHours(-20), Until = Now.AddHours(-1) }),
        ["wrong name"] = Intermediate.Issue(new TestCertificate("other.test")),
        ["unknown root"] = Stranger.Issue(new TestCertificate("a.test")),
        ["self-signed"] = IssueItself(),
        ["address"] = Intermediate.Issue(new TestCertificate { CommonName = "address", Addresses = [IPAddress.Parse("192.0.2.7"), IPAddress.Parse("2001:db8::7")] }),
        ["spiffe"] = Intermediate.Issue(new TestCertificate { CommonName = "workload", Uris = ["spiffe://example.org/web"] }),
    };

    /// <summary>The file of the root.</summary>
    public static string RootFile { get; } = Write("root.pem", Root.Pem);

    /// <summary>The file of the root that nobody here is issued by, except the one of an unknown root.</summary>
    public static string StrangerFile { get; } = Write("stranger.pem", Stranger.Pem);

    /// <summary>The services of watches; the clock stands, so nothing is polled.</summary>
    public static CertificateServices Services { get; } = new(new FakeTimeProvider(Now), NullLogger.Instance);

    public static string SubjectOf(string name) => Issued[name].Subject;

    /// <summary>The files of a certificate for this side.</summary>
    public static CertificateFiles Files(string name)
    {
        var file = Path.Combine(Folder, name + ".pem");
        lock (Issued)
        {
            if (!File.Exists(file))
            {
                File.WriteAllText(file, Bundle(name));
            }
        }

        return new CertificateFiles { CertificateFile = file };
    }

    /// <summary>A certificate, its issuer and its key.</summary>
    public static string Bundle(string name) => Issued[name].ExportCertificatePem() + "\n" + Intermediate.Pem + TestCertificateAuthority.KeyPem(Issued[name]);

    /// <summary>A certificate for the foreign side.</summary>
    public static SslStreamCertificateContext Context(string name) => SslStreamCertificateContext.Create(Issued[name], [Intermediate.Certificate], offline: true);

    private static string Write(string name, string content)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllText(file, content);
        return file;
    }

    private static X509Certificate2 IssueItself()
    {
        var request = new CertificateRequest("CN=a.test", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("a.test");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));
    }

    private static string MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("linkerd-tcp-contract-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
