using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class TlsValidatorTests
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    [Fact]
    public void Validate_ErrorsOfTlsWithClients_AreAllThereWithTheirPaths()
    {
        var errors = ErrorsOf(new ServerConfiguration
        {
            Port = 0,
            DstName = NameTree.Parse("/svc/web"),
            Tls = new ServerTlsConfiguration
            {
                Identities = new Dictionary<string, IdentityConfiguration> { ["web"] = new() { Certs = ["a.pem", " "], PrivateKey = " " }, ["none"] = null! },
                AlpnProtocols = ["h 2"],
                ClientAuth = ClientCertificateMode.Request,
                ClientNames = ["*.example.com"],
                MinVersion = (TlsVersion)9,
                HandshakeRatePerClient = 0,
                CrlFiles = ["ca.crl"],
                Groups = ["X 25519"],
                SignatureAlgorithms = ["rsa:sha"],
                CipherSuites = ["!RC4"],
                TicketCount = 17,
                TicketLifetime = TimeSpan.FromMilliseconds(999),
            },
        });
        Assert.Equal(
            [
                "tls.alpnProtocols", "tls.minVersion", "tls.handshakeRatePerClient", "tls.groups", "tls.signatureAlgorithms", "tls.cipherSuites", "tls.ticketCount", "tls.ticketLifetimeSecs", "tls.defaultIdentity", "tls.identities.web.certs", "tls.identities.web.privateKey", "tls.identities.none",
                "tls.clientAuth", "tls.clientNames", "tls.crlFiles",
            ],
            errors.Where(static error => !error.Message.Contains("OpenSSL provider", StringComparison.Ordinal)).Select(static error => error.Path["routers[0].servers[0].".Length..]));
        Assert.Equal("paths of files, the certificate first and then its chain was expected, not null.", errors[9].Message);
        Assert.Equal("trustCerts beside it was expected, as clients' certificates are verified with them.", errors[12].Message);
        Assert.Equal("trustCerts beside it was expected, as clients are not asked for a certificate without.", errors[13].Message);
    }

    [Fact]
    public void Validate_ListsThatAreNull_AreNamed() => Assert.Equal(
        ["tls.identities", "tls.trustCerts", "tls.clientNames", "tls.alpnProtocols", "tls.crlFiles", "tls.groups", "tls.signatureAlgorithms", "tls.cipherSuites", "sniRoutes"],
        ErrorsOf(new ServerConfiguration
        {
            Port = 0,
            DstName = NameTree.Parse("/svc/web"),
            SniRoutes = null!,
            Tls = new ServerTlsConfiguration
            {
                DefaultIdentity = new() { Certs = ["a.pem"] },
                Identities = null!,
                TrustCerts = null!,
                ClientNames = null!,
                AlpnProtocols = null!,
                CrlFiles = null!,
                Groups = null!,
                SignatureAlgorithms = null!,
                CipherSuites = null!,
            },
        }).Select(static error => error.Path["routers[0].servers[0].".Length..]).OrderBy(static path => path == "sniRoutes"));

    [Fact]
    public void Validate_ErrorsOfRoutes_AreAllThereWithTheirPaths()
    {
        var errors = ErrorsOf(new ServerConfiguration
        {
            Port = 0,
            SniRoutes =
            [
                new SniRouteConfiguration { Pattern = "*.a", DstName = SniRouteText.ParseTarget("/svc/{1}") },
                new SniRouteConfiguration { Pattern = "*.a", DstName = SniRouteText.ParseTarget("/svc/{2}") },
                new SniRouteConfiguration { Pattern = "a..b" },
                new SniRouteConfiguration { DstName = SniRouteText.ParseTarget("/svc/{2}") },
            ],
        });
        Assert.Equal(
            ["sniRoutes[1].dstName", "sniRoutes[2].pattern", "sniRoutes[2].dstName", "sniRoutes[3].pattern", "sniRoutes"], errors.Select(static error => error.Path["routers[0].servers[0].".Length..]));
        Assert.Equal("each pattern once was expected, not '*.a' for 2 routes.", errors[4].Message);
    }

    [Fact]
    public void Validate_NeitherTargetNorRoutes_IsNamed() =>
        Assert.Equal("a target, or routes beside it, was expected, not null.", Assert.Single(ErrorsOf(new ServerConfiguration { Port = 0 })).Message);

    [Fact]
    public void Validate_SettingsOfTlsToEndpointsThatMeanNothing_AreNamed()
    {
        var errors = ErrorsOf(
            new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/web") },
            new ClientConfiguration
            {
                Global = new ClientSettings { TlsPrivateKey = "a.key", TlsAlpnProtocols = ["h2"], TlsCrlFiles = ["ca.crl"], TlsGroups = ["X25519"], TlsSignatureAlgorithms = ["ed25519"], TlsCipherSuites = ["TLS_AES_128_GCM_SHA256"] },
                Configs =
                [
                    new ClientSettings { Prefix = DstPath.Parse("/svc"), Tls = true, TlsMinVersion = TlsVersion.Tls13, TlsPassphraseFile = "a.txt" },
                    new ClientSettings { Prefix = DstPath.Parse("/svc/web"), TlsCert = "a.pem", TlsTruncation = TlsTruncation.Fin, TlsDnsName = "{x}" },
                    new ClientSettings { Prefix = DstPath.Parse("/svc/plain"), Tls = false, TlsTruncation = TlsTruncation.Fin },
                ],
            });
        Assert.Equal(
            ["tls.privateKey", "tls.alpnProtocols", "tls.crlFiles", "tls.groups", "tls.signatureAlgorithms", "tls.cipherSuites", "configs[0].tls.passphraseFile", "configs[1].tls.dnsName"],
            errors.Where(static error => !error.Message.Contains("OpenSSL provider", StringComparison.Ordinal)).Select(static error => error.Path["routers[0].client.".Length..]));
        Assert.Equal("tls.cert beside it was expected, as it means nothing without.", errors[0].Message);
        Assert.Equal("tls.enabled beside it was expected, as it means nothing without.", errors[1].Message);
    }

    private static IReadOnlyList<OptionsError> ErrorsOf(ServerConfiguration server, ClientConfiguration? client = null) => Assert.Throws<InvalidOptionsException>(() => OptionsValidator.Validated(
        new ProxyConfiguration { Routers = [new RouterConfiguration { Servers = [server], Client = client ?? new() }] },
        static (all, validator) => ConfigurationValidator.Validate(all, Table, validator))).Errors;
}
