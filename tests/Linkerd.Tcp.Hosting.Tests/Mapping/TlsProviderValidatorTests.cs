using Linkerd.Tcp.Hosting.Hosted;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>The choice of the provider of TLS, and options that need OpenSSL.</summary>
public sealed class TlsProviderValidatorTests
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    private static string[] Keys =>
    [
        "routers[0].servers[0].tls.crlFiles", "routers[0].servers[0].tls.groups", "routers[0].servers[0].tls.signatureAlgorithms", "routers[0].servers[0].tls.cipherSuites",
        "routers[0].servers[0].tls.ticketKeyFile", "routers[0].servers[0].tls.ticketCount", "routers[0].servers[0].tls.ticketLifetimeSecs", "routers[0].servers[0].tls.defaultIdentity.ocspFile",
        "routers[0].servers[0].tls.identities.b.ocspFile", "routers[0].client.tls.crlFiles", "routers[0].client.configs[0].tls.groups", "routers[0].client.configs[0].tls.signatureAlgorithms",
        "routers[0].client.configs[0].tls.cipherSuites",
    ];

    [Theory]
    [InlineData(TlsProviderKind.Auto, TransportEngine.Auto, "it is not there", "libssl cannot be used: it is not there")]
    [InlineData(TlsProviderKind.Auto, TransportEngine.Sockets, null, "it is for the epoll transport, and transport is sockets")]
    [InlineData(TlsProviderKind.DotNet, TransportEngine.Auto, null, "tlsProvider is dotnet")]
    public void Validate_OpenSslDoesNotRun_EachOptionThatNeedsItIsNamedWithTheReason(TlsProviderKind provider, TransportEngine transport, string? library, string reason)
    {
        var errors = ErrorsOf(All(provider, transport), library);
        Assert.Equal(Keys.Order(), errors.Select(static error => error.Path).Order());
        Assert.All(errors, error => Assert.Equal($"the OpenSSL provider is needed, and does not run TLS here: {reason}.", error.Message));
    }

    [Theory]
    [InlineData(TlsProviderKind.Auto)]
    [InlineData(TlsProviderKind.OpenSsl)]
    public void Validate_OpenSslRuns_AllAreTaken(TlsProviderKind provider) => Assert.Empty(ErrorsOf(All(provider, TransportEngine.Epoll), null));

    [Theory]
    [InlineData(TransportEngine.Auto, "it is not there", "auto or dotnet was expected, not openssl: libssl cannot be used: it is not there.")]
    [InlineData(TransportEngine.Sockets, null, "auto or dotnet was expected, not openssl: it is for the epoll transport, and transport is sockets.")]
    public void Validate_OpenSslIsWantedAndCannotRun_IsOneErrorOfTheChoice(TransportEngine transport, string? library, string expected)
    {
        var error = Assert.Single(ErrorsOf(All(TlsProviderKind.OpenSsl, transport), library));
        Assert.Equal(("tlsProvider", expected), (error.Path, error.Message));
    }

    [Fact]
    public void Validate_NothingNeedsOpenSsl_LibraryIsNotAskedFor()
    {
        var configuration = new ProxyConfiguration
        {
            Routers =
            [
                new RouterConfiguration
                {
                    Servers = [new ServerConfiguration { Port = 0, Tls = new ServerTlsConfiguration { DefaultIdentity = new() { Certs = ["a.pem"], OcspFile = "" }, TicketKeyFile = "" } }, null!],
                    Client = new ClientConfiguration { Global = new ClientSettings { TlsCrlFiles = [], TlsGroups = [] }, Configs = [null!] },
                },
                null!,
            ],
        };
        var validator = new OptionsValidator();
        TlsProviderValidator.Validate(configuration, Table, validator, static () => throw new InvalidOperationException());
        validator.ThrowIfInvalid(null);
    }

    [Fact]
    public void Validate_DestinationWithoutAServer_HasNoneOfThem()
    {
        var destination = new DestinationConfiguration { DstName = NameTree.Parse("/svc/web"), Client = new ClientConfiguration { Global = new ClientSettings { Tls = true, TlsGroups = ["X25519"] } } };
        var error = Assert.Single(Assert.Throws<InvalidOptionsException>(() => HostedDestination.Validate(destination, Table)).Errors);
        Assert.Equal("client.tls.groups: the OpenSSL provider is needed, and does not run TLS here: a destination without a server connects on no event loop.", error.ToString());
    }

    private static ProxyConfiguration All(TlsProviderKind provider, TransportEngine transport) => new()
    {
        TlsProvider = provider,
        Transport = transport,
        Routers =
        [
            new RouterConfiguration
            {
                Servers =
                [
                    new ServerConfiguration
                    {
                        Tls = new ServerTlsConfiguration
                        {
                            DefaultIdentity = new IdentityConfiguration { Certs = ["a.pem"], OcspFile = "a.der" },
                            Identities = new Dictionary<string, IdentityConfiguration> { ["b"] = new() { Certs = ["b.pem"], OcspFile = "b.der" } },
                            CrlFiles = ["ca.crl"],
                            Groups = ["X25519"],
                            SignatureAlgorithms = ["ed25519"],
                            CipherSuites = ["TLS_AES_128_GCM_SHA256"],
                            TicketKeyFile = "tickets.key",
                            TicketCount = 0,
                            TicketLifetime = TimeSpan.FromDays(7),
                        },
                    },
                ],
                Client = new ClientConfiguration
                {
                    Global = new ClientSettings { TlsCrlFiles = ["ca.crl"] },
                    Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc"), TlsGroups = ["X25519"], TlsSignatureAlgorithms = ["ed25519"], TlsCipherSuites = ["TLS_AES_128_GCM_SHA256"] }],
                },
            },
        ],
    };

    private static IReadOnlyList<OptionsError> ErrorsOf(ProxyConfiguration configuration, string? library)
    {
        var validator = new OptionsValidator();
        TlsProviderValidator.Validate(configuration, Table, validator, () => library);
        var error = Record.Exception(() => validator.ThrowIfInvalid(null));
        return error is null ? [] : Assert.IsType<InvalidOptionsException>(error).Errors;
    }
}
