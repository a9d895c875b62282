using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.TestUtilities.Certificates;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>Files of certificates at start, and read again while a host runs.</summary>
public sealed class CertificateCheckTests : IDisposable
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    private readonly TemporaryDirectory _files = new();
    private readonly TestCertificateAuthority _authority = new("root", DateTimeOffset.UtcNow);

    public CertificateCheckTests()
    {
        _files.Write("ca.pem", _authority.Pem);
        Write("a", "a.example.com");
        Write("b", "b.example.com");
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task StartAsync_FilesThatCannotBeUsed_AreAllNamedByTheirKeys()
    {
        var tls = new ServerTlsConfiguration
        {
            DefaultIdentity = new IdentityConfiguration { Certs = [_files["a.pem"]], PrivateKey = _files["b.key"] },
            Identities = new Dictionary<string, IdentityConfiguration> { ["good"] = Identity("b"), ["bad"] = new() { Certs = [_files["none.pem"]] } },
            TrustCerts = [_files["a.key"]],
        };
        var router = Router(tls);

        // The same files of a second server are no further errors; one with other times has a proxy of its own.
        router.Servers =
        [
            .. router.Servers, new ServerConfiguration { Port = 0, DstName = router.Servers[0].DstName, Tls = tls },
            new ServerConfiguration { Port = 0, DstName = router.Servers[0].DstName, ConnectTimeout = TimeSpan.FromSeconds(1), Tls = new ServerTlsConfiguration { DefaultIdentity = new() { Certs = [_files["ca.pem"]] } } },
        ];
        router.Client = new ClientConfiguration
        {
            Global = new ClientSettings { TlsTrustCerts = [_files["b.key"]], TlsCert = _files["a.pem"] },
            Configs = [new ClientSettings { Prefix = DstPath.Parse("/never/asked"), TlsPrivateKey = _files["b.key"], TlsTrustCerts = [] }],
        };
        await using var host = new ProxyHost(new ProxyConfiguration { Routers = [router] }, Table);
        Assert.True(host.HasCertificates);
        var errors = (await Assert.ThrowsAsync<InvalidOptionsException>(() => host.StartAsync(Stop))).Errors;
        Assert.Equal(
            [
                "routers[0].servers[0].tls.defaultIdentity.privateKey", "routers[0].servers[0].tls.identities.bad.certs", "routers[0].servers[0].tls.trustCerts",
                "routers[0].servers[2].tls.defaultIdentity.privateKey", "routers[0].client.tls.privateKey", "routers[0].client.tls.trustCerts", "routers[0].client.configs[0].tls.privateKey",
            ],
            errors.Select(static error => error.Path));
        Assert.Equal($"{_files["b.key"]}: the key (ECDSA) does not fit the certificate CN=a.example.com (ECDSA) in {_files["a.pem"]}", errors[6].Message);
    }

    [Fact]
    public void Validate_FilesOfTheProviderThatCannotBeUsed_AreNamedByTheirKeys()
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, $"libssl does not load: {OpenSslLibrary.Problem}");
        File.WriteAllBytes(_files["short.key"], new byte[81]);
        _files.Write("text.der", "nothing");
        var (web, api) = (Identity("a"), Identity("a"));
        (web.OcspFile, api.OcspFile) = (_files["none.der"], _files["text.der"]);
        var tls = new ServerTlsConfiguration
        {
            DefaultIdentity = Identity("b"),
            Identities = new Dictionary<string, IdentityConfiguration> { ["web"] = web, ["api"] = api },
            TrustCerts = [_files["ca.pem"]],
            CrlFiles = [_files["ca.pem"], _files["none.crl"]],
            TicketKeyFile = _files["short.key"],
        };
        var router = Router(tls);
        router.Client = new ClientConfiguration { Global = new ClientSettings { Tls = true, TlsCrlFiles = [_files["other.crl"]] }, Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc") }] };
        Assert.Equal(
            [
                $"routers[0].servers[0].tls.identities.web.ocspFile: {_files["none.der"]}: there is no such file",
                $"routers[0].servers[0].tls.identities.api.ocspFile: {_files["text.der"]}: an OCSP response in DER was expected",
                $"routers[0].servers[0].tls.crlFiles: {_files["ca.pem"]}: a revocation list (X509 CRL) was expected, not a certificate",
                $"routers[0].servers[0].tls.ticketKeyFile: {_files["short.key"]}: it has 81 bytes; keys of 80 bytes each were expected (make one: openssl rand 80 > FILE)",
                $"routers[0].client.tls.crlFiles: {_files["other.crl"]}: there is no such file",
            ],
            Fail(router));
    }

    [Fact]
    public void Validate_AlgorithmsThatOpenSslDoesNotHave_AreNamedByTheirKeys()
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, $"libssl does not load: {OpenSslLibrary.Problem}");
        var router = Router(new ServerTlsConfiguration { DefaultIdentity = Identity("a"), Groups = ["X25519", "none"], SignatureAlgorithms = ["none"], CipherSuites = ["none", "TLS_NONE"] });
        router.Client = new ClientConfiguration
        {
            Global = new ClientSettings { Tls = true, TlsGroups = ["other"] },
            Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc"), TlsSignatureAlgorithms = ["other"], TlsCipherSuites = ["other"] }],
        };
        Assert.Equal(
            [
                "routers[0].servers[0].tls.groups: a group of the key exchange was expected, not 'none'",
                "routers[0].servers[0].tls.signatureAlgorithms: an algorithm of signatures was expected, not 'none'",
                "routers[0].servers[0].tls.cipherSuites: a cipher suite of TLS 1.3 was expected, not 'TLS_NONE'",
                "routers[0].servers[0].tls.cipherSuites: a cipher suite of TLS 1.2 was expected, not 'none'",
                "routers[0].client.tls.groups: a group of the key exchange was expected, not 'other'",
                "routers[0].client.configs[0].tls.signatureAlgorithms: an algorithm of signatures was expected, not 'other'",
                "routers[0].client.configs[0].tls.cipherSuites: a cipher suite of TLS 1.2 was expected, not 'other'",
            ],
            Fail(router).Select(static error => error[..(error.LastIndexOf('\'') + 1)]));

        // What SslStream runs asks OpenSSL for nothing.
        ConfigurationCheck.ValidateFiles(new ProxyConfiguration { TlsProvider = TlsProviderKind.DotNet, Routers = [Router(new ServerTlsConfiguration { DefaultIdentity = Identity("a") })] });
    }

    [Fact]
    public async Task ReloadCertificatesAsync_ReplacedFiles_AreServedAndBadOnesNamed()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var router = Router(new ServerTlsConfiguration { DefaultIdentity = Identity("a") });
        router.Servers[0].DstName = NameTree.Parse($"/$/inet/127.0.0.1/{((IPEndPoint)server.LocalEndpoint).Port}");
        await using var host = new ProxyHost(new ProxyConfiguration { Routers = [router] }, Table);
        await host.StartAsync(Stop);
        Assert.Equal("CN=a.example.com", await NameAtAsync(host.LocalEndPoints[0]));
        File.Copy(_files["b.pem"], _files["a.pem"], overwrite: true);
        File.Copy(_files["b.key"], _files["a.key"], overwrite: true);
        Assert.Empty(await host.ReloadCertificatesAsync(Stop));
        Assert.Equal("CN=b.example.com", await NameAtAsync(host.LocalEndPoints[0]));
        _files.Write("a.key", "nothing");
        Assert.StartsWith(_files["a.key"] + ": ", Assert.Single(await host.ReloadCertificatesAsync(Stop)), StringComparison.Ordinal);
        Assert.Equal("CN=b.example.com", await NameAtAsync(host.LocalEndPoints[0]));
    }

    [Fact]
    public async Task HasCertificates_NoFiles_IsFalse()
    {
        var router = Router(null);
        router.Client.Global = new ClientSettings { Tls = true, TlsDnsName = "web.example.com" };
        await using var host = new ProxyHost(new ProxyConfiguration { Routers = [router] }, Table);
        Assert.False(host.HasCertificates);
        await host.StartAsync(Stop);
        Assert.Empty(await host.ReloadCertificatesAsync(Stop));
    }

    private static RouterConfiguration Router(ServerTlsConfiguration? tls) => new()
    {
        Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/$/inet/127.0.0.1/1"), Tls = tls }],
    };

    private static IEnumerable<string> Fail(RouterConfiguration router) =>
        Assert.Throws<InvalidOptionsException>(() => ConfigurationCheck.ValidateFiles(new ProxyConfiguration { Routers = [router] })).Errors.Select(static error => error.ToString());

    private IdentityConfiguration Identity(string name) => new() { Certs = [_files[$"{name}.pem"]], PrivateKey = _files[$"{name}.key"] };

    private void Write(string file, string name)
    {
        using var certificate = _authority.Issue(new TestCertificate(name));
        _files.Write($"{file}.pem", certificate.ExportCertificatePem());
        _files.Write($"{file}.key", TestCertificateAuthority.KeyPem(certificate));
    }

    private async Task<string> NameAtAsync(EndPoint address)
    {
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)address, Stop);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_authority.Certificate);
        policy.VerificationFlags = X509VerificationFlags.IgnoreInvalidName;
        await using var tls = new SslStream(client.GetStream(), false, static (_, _, _, errors) => (errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy }, Stop);
        return tls.RemoteCertificate!.Subject;
    }
}
