using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Providers;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Providers;

/// <summary>Options that a provider may lack, which are refused and never ignored; and the comparison of options.</summary>
public sealed class TlsProviderTests
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    public static TheoryData<string> OfListeners { get; } =
        [nameof(ListenerTlsOptions.CrlFiles), nameof(ListenerTlsOptions.TicketKeyFile), nameof(ListenerTlsOptions.Groups), .. OfTickets, .. OfLists];

    public static TheoryData<string> OfServers { get; } = [nameof(ServerTlsOptions.CrlFiles), nameof(ServerTlsOptions.Groups), .. OfLists];

    private static string[] OfTickets => [nameof(ListenerTlsOptions.TicketCount), nameof(ListenerTlsOptions.TicketLifetime)];

    private static string[] OfLists => [nameof(ListenerTlsOptions.SignatureAlgorithms), nameof(ListenerTlsOptions.CipherSuites)];

    [Theory]
    [InlineData(TlsProviderKind.Auto, null, true, null)]
    [InlineData(TlsProviderKind.Auto, "it is not there", false, "libssl cannot be used: it is not there")]
    [InlineData(TlsProviderKind.OpenSsl, null, true, null)]
    [InlineData(TlsProviderKind.OpenSsl, "it is not there", true, "it is not there")]
    [InlineData(TlsProviderKind.DotNet, null, false, "Provider is DotNet")]
    [InlineData(TlsProviderKind.DotNet, "it is not there", false, "Provider is DotNet")]
    public void Of_ChoiceWithAndWithoutTheLibrary_IsOpenSslIfItIsThereAndNotRefused(TlsProviderKind kind, string? problem, bool isOpenSsl, string? reason)
    {
        var provider = TlsProvider.Of(kind, problem);
        Assert.Equal((isOpenSsl, reason), (provider.IsOpenSsl, provider.Problem));
    }

    [Fact]
    public void Library_OfThisProcess_HasEitherAVersionOrAProblem()
    {
        Assert.Equal(OpenSslLibrary.Version is null, OpenSslLibrary.Problem is not null);
        Assert.Equal(OpenSslLibrary.Problem is null, TlsProvider.Of(TlsProviderKind.Auto).IsOpenSsl);
        Assert.True(OpenSslLibrary.Version is null || OpenSslLibrary.Version.StartsWith("OpenSSL 3", StringComparison.Ordinal), OpenSslLibrary.Version);
    }

    [Theory]
    [MemberData(nameof(OfListeners))]
    public void Listener_OptionThatTheProviderLacks_IsAnErrorAtConstruction(string option)
    {
        var tls = With(NewTls(), option);
        Assert.True(tls.NeedsOpenSsl);
        tls.Provider = TlsProviderKind.DotNet;
        var error = Assert.Throws<InvalidOptionsException>(() => Proxy(tls));
        Assert.Equal($"Listeners[0].Tls.{option}: {option} needs the OpenSSL provider; Provider is DotNet.", Assert.Single(error.Errors).ToString());
    }

    [Theory]
    [MemberData(nameof(OfListeners))]
    public void Listener_OptionWithoutTheLibrary_IsAnErrorWithTheProblem(string option) => Assert.Equal(
        [$"{option}: {option} needs the OpenSSL provider; libssl cannot be used: it is not there."], Errors(With(NewTls(), option), TlsProvider.Of(TlsProviderKind.Auto, "it is not there")));

    [Theory]
    [MemberData(nameof(OfListeners))]
    public void Listener_OptionWithTheLibrary_IsTaken(string option) => Assert.Empty(Errors(With(NewTls(), option), TlsProvider.Of(TlsProviderKind.Auto, problem: null)));

    [Fact]
    public void Listener_LibraryIsWantedAndNotThere_IsOneErrorWithTheProblem()
    {
        var tls = With(NewTls(), nameof(ListenerTlsOptions.Groups));
        tls.Provider = TlsProviderKind.OpenSsl;
        Assert.Equal(["Provider: libssl cannot be used: it is not there. A system with OpenSSL 3, Auto or DotNet was expected."], Errors(tls, TlsProvider.Of(tls.Provider, "it is not there")));
    }

    [Theory]
    [MemberData(nameof(OfServers))]
    public async Task Server_OptionThatTheProviderLacks_IsAnErrorAndTheOldOptionsStay(string option)
    {
        var before = new ServerTlsOptions { RootFiles = [TlsMaterial.RootFile] };
        await using var registry = new DestinationRegistry(_ => Options(before));
        var destination = registry.Get(Name);
        var tls = With(new ServerTlsOptions(), option);
        Assert.True(tls.NeedsOpenSsl);
        tls.Provider = TlsProviderKind.DotNet;
        var error = Assert.Throws<InvalidOptionsException>(() => registry.Configure(_ => Options(tls)));
        Assert.Equal($"[/svc/web].Tls.{option}: {option} needs the OpenSSL provider; Provider is DotNet.", Assert.Single(error.Errors).ToString());
        Assert.True(destination.Options.Tls!.IsSame(before));
    }

    [Theory]
    [MemberData(nameof(OfServers))]
    public void Server_OptionWithTheLibrary_IsTaken(string option)
    {
        var validator = new OptionsValidator();
        With(new ServerTlsOptions(), option).Validate(validator, TlsProvider.Of(TlsProviderKind.Auto, problem: null));
        validator.ThrowIfInvalid(null);
    }

    [Fact]
    public void Certificate_OcspFile_NeedsTheProviderAtAListenerAndIsAnErrorElsewhere()
    {
        var files = TlsMaterial.Files("ok");
        files.OcspFile = "response.der";
        var tls = new ListenerTlsOptions { Provider = TlsProviderKind.DotNet, Certificates = [TlsMaterial.Files("rsa"), files] };
        var error = Assert.Throws<InvalidOptionsException>(() => Proxy(tls));
        Assert.Equal("Listeners[0].Tls.Certificates[1].OcspFile: OcspFile needs the OpenSSL provider; Provider is DotNet.", Assert.Single(error.Errors).ToString());
        Assert.Empty(Errors(tls, TlsProvider.Of(TlsProviderKind.Auto, problem: null)));

        error = Assert.Throws<InvalidOptionsException>(() => new ServerTlsAuthenticator(new ServerTlsOptions { Certificate = files }));
        Assert.Equal("Certificate.OcspFile: null, as only a listener staples a response, was expected, not 'response.der'.", Assert.Single(error.Errors).ToString());
        error = Assert.Throws<InvalidOptionsException>(() => new ListenerIdentity(files));
        Assert.Equal("OcspFile: null, as SslStream staples no response of a file, was expected, not 'response.der'.", Assert.Single(error.Errors).ToString());
    }

    [Theory]
    [MemberData(nameof(OfServers))]
    [InlineData(nameof(ServerTlsOptions.Provider))]
    public void Authenticator_OptionThatNeedsOpenSsl_IsAnErrorAsSslStreamRuns(string option)
    {
        var error = Assert.Throws<InvalidOptionsException>(() => new ServerTlsAuthenticator(With(new ServerTlsOptions(), option)));
        Assert.EndsWith(" needs the OpenSSL provider; these handshakes are those of SslStream.", Assert.Single(error.Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_WithNamesThatAreNone_AreNamed()
    {
        var tls = new ListenerTlsOptions
        {
            Certificates = [TlsMaterial.Files("ok")],
            Groups = ["X25519", "P 256", "?"],
            SignatureAlgorithms = ["ECDSA+SHA256", "ed25519:rsa", null!],
            CipherSuites = ["TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", "!RC4", ""],
        };
        Assert.Equal(
            ["Groups[1]", "Groups[2]", "SignatureAlgorithms[1]", "SignatureAlgorithms[2]", "CipherSuites[2]", "CipherSuites[3]"],
            Errors(tls, TlsProvider.Of(TlsProviderKind.OpenSsl, problem: null)).Select(static error => error.Split(':')[0]));
    }

    [Theory]
    [InlineData(-1, 3600, "TicketCount: 0 to 16 was expected, not -1.")]
    [InlineData(17, 3600, "TicketCount: 0 to 16 was expected, not 17.")]
    [InlineData(0, 0.5, "TicketLifetime: 1 s to 7 days was expected, not 0.5 s.")]
    [InlineData(16, 604801, "TicketLifetime: 1 s to 7 days was expected, not 604801 s.")]
    public void Tickets_OutOfRange_AreNamed(int count, double seconds, string expected)
    {
        var tls = NewTls();
        (tls.TicketCount, tls.TicketLifetime) = (count, TimeSpan.FromSeconds(seconds));
        Assert.Equal([expected], Errors(tls, TlsProvider.Of(TlsProviderKind.OpenSsl, problem: null)));
    }

    [Theory]
    [InlineData(false, "sockets")]
    [InlineData(true, "epoll of OwnTransport")]
    public async Task Start_OptionThatNeedsOpenSslWithoutLoops_IsAnErrorAndNothingListens(bool isWrapped, string transport)
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, "libssl is not there");
        await using var sockets = new SocketsTransport();
        var tls = new ListenerTlsOptions { Provider = TlsProviderKind.OpenSsl, Certificates = [TlsMaterial.Files("ok")], CipherSuites = ["TLS_AES_128_GCM_SHA256"] };
        await using var proxy = Proxy(tls, isWrapped ? new OwnTransport(sockets) : sockets);
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(() => proxy.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            [
                $"Listeners[0].Tls.Provider: Provider OpenSsl needs the epoll transport with the OpenSSL provider; the transport is {transport}.",
                $"Listeners[0].Tls.CipherSuites: CipherSuites needs the epoll transport with the OpenSSL provider; the transport is {transport}.",
            ],
            error.Errors.Select(static wrong => wrong.ToString()));
        Assert.Empty(proxy.LocalEndPoints);
    }

    [Fact]
    public async Task Apply_OptionThatNeedsOpenSslWithoutLoops_IsAnErrorAndTheOldListenerStays()
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, "libssl is not there");
        await using var sockets = new SocketsTransport();
        await using var proxy = Proxy(NewTls(), sockets);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        var options = proxy.Options;
        options.Listeners[0].Tls!.TicketCount = 1;
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(() => proxy.ApplyAsync(options, TestContext.Current.CancellationToken));
        Assert.Equal("Listeners[0].Tls.TicketCount", Assert.Single(error.Errors).Path);
        Assert.Equal(2, proxy.Options.Listeners[0].Tls!.TicketCount);
        Assert.Single(proxy.LocalEndPoints);
    }

    [Fact]
    public async Task Destination_OptionThatNeedsOpenSsl_NeedsARegistryWithLoops()
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null && EpollTransport.IsSupported, "libssl or the epoll transport is not there");
        var tls = new ServerTlsOptions { CipherSuites = ["TLS_AES_128_GCM_SHA256"], SkipVerification = true };
        await using var plain = new DestinationRegistry(_ => Options(tls));
        var error = Assert.Throws<InvalidOptionsException>(() => plain.Get(Name));
        Assert.Equal("Tls.CipherSuites: CipherSuites needs the epoll transport with the OpenSSL provider; the transport is sockets.", Assert.Single(error.Errors).ToString());

        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        await using var registry = new DestinationRegistry(_ => Options(tls), transport: engine);
        Assert.True(registry.Get(Name).Options.Tls!.IsSame(tls));
    }

    [Fact]
    public async Task ConnectAsync_OptionThatNeedsOpenSsl_FailsAsItsConnectionIsOnNoLoop()
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null && EpollTransport.IsSupported, "libssl or the epoll transport is not there");
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        var options = new DestinationOptions
        {
            Resolver = new StaticResolver((IPEndPoint)server.LocalEndpoint),
            Connect = new() { MaxAttempts = 1 },
            Tls = new() { CipherSuites = ["TLS_AES_128_GCM_SHA256"], SkipVerification = true },
        };
        await using var registry = new DestinationRegistry(_ => options, transport: engine);
        var error = await Assert.ThrowsAsync<ConnectException>(async () => await registry.Get(Name).ConnectAsync(TestContext.Current.CancellationToken));
        Assert.Equal(ConnectFailure.Tls, error.LastFailure);
        Assert.Contains("CipherSuites needs the epoll transport with the OpenSSL provider; the connection is none of its event loops", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsSame_ListenerTls_LooksAtEveryOption() => Check<ListenerTlsOptions>(static (one, other) => one.IsSame(other));

    [Fact]
    public void IsSame_ServerTls_LooksAtEveryOption() => Check<ServerTlsOptions>(static (one, other) => one.IsSame(other));

    [Fact]
    public void IsSame_Files_LooksAtEveryOption() => Check<CertificateFiles>(static (one, other) => one.IsSame(other));

    // An option that is added later is found by itself.
    private static void Check<T>(Func<T, T, bool> isSame)
        where T : class, new()
    {
        Assert.True(isSame(new T(), new T()));
        foreach (var property in OptionsProbe.PropertiesOf(typeof(T)))
        {
            var changed = With(new T(), property.Name);
            Assert.True(isSame(changed, With(new T(), property.Name)), property.Name);
            Assert.False(isSame(new T(), changed), property.Name);
            Assert.False(isSame(changed, new T()), property.Name);
        }
    }

    private static T With<T>(T options, string option)
        where T : class
    {
        var property = typeof(T).GetProperty(option, BindingFlags.Instance | BindingFlags.Public)!;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        property.SetValue(options, type switch
        {
            _ when type == typeof(string) => "other",
            _ when type == typeof(IReadOnlyList<string>) => new[] { "other" },
            _ when type == typeof(CertificateFiles) => new CertificateFiles { CertificateFile = "other" },
            _ when type == typeof(IReadOnlyList<CertificateFiles>) => new[] { new CertificateFiles { CertificateFile = "other" } },
            _ when type == typeof(bool) => true,
            _ when type == typeof(int) => 7,
            _ when type == typeof(TimeSpan) => TimeSpan.FromHours(7),
            _ when type == typeof(double) => 7.0,
            _ when type.IsEnum => Enum.ToObject(type, 1),
            _ => throw new InvalidOperationException($"There is no other value for {option}."),
        });
        return options;
    }

    private static ListenerTlsOptions NewTls() => new() { Certificates = [TlsMaterial.Files("ok")] };

    private static IEnumerable<string> Errors(ListenerTlsOptions tls, TlsProvider provider)
    {
        var error = Record.Exception(() => OptionsValidator.Validated(tls.Copy(), (tls, validator) => tls.Validate(validator, provider)));
        return error is null ? [] : Assert.IsType<InvalidOptionsException>(error).Errors.Select(static wrong => wrong.ToString());
    }

    private static TcpProxy Proxy(ListenerTlsOptions tls, ITransport? transport = null) =>
        new(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), Name) { Tls = tls }] }, new DestinationRegistry(new StaticResolver()), transport);

    private static DestinationOptions Options(ServerTlsOptions tls) => new() { Resolver = new StaticResolver(), Tls = tls };

    /// <summary>A transport of a user, whose connections may be on loops or not.</summary>
    private sealed class OwnTransport(ITransport inner) : ITransport
    {
        public string Name => "epoll";

        public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken = default) => inner.ListenAsync(options, cancellationToken);

        public ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options = default, CancellationToken cancellationToken = default) => inner.ConnectAsync(to, options, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
