using System.Net;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

public sealed class TcpProxyOptionsTests
{
    private static readonly ListenerOptions Listener = new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"));
    private static readonly TcpProxyOptions Good = new() { Listeners = [Listener] };

    public static TheoryData<string, TcpProxyOptions> Bad => new()
    {
        { "MaxSessions: 1 or more was expected, not 0.", Good.With(own => own.MaxSessions = 0) },
        { "Listeners[0].MaxSessions: 1 or more was expected, not 0.", At(Listener.With(own => own.MaxSessions = 0)) },
        { "Listeners[1].MaxSessionsPerClient: 1 or more was expected, not -1.", Good.With(own => own.Listeners = [Listener, Listener.With(own => own.MaxSessionsPerClient = -1)]) },
        { "Listeners[0].AcceptRate: more than 0 sessions a second, at most 1000000000, was expected, not 0.", At(Listener.With(own => own.AcceptRate = 0)) },
        { "Listeners[0].AcceptRate: more than 0 sessions a second, at most 1000000000, was expected, not NaN.", At(Listener.With(own => own.AcceptRate = double.NaN)) },
        { "Listeners[0].AcceptRate: more than 0 sessions a second, at most 1000000000, was expected, not Infinity.", At(Listener.With(own => own.AcceptRate = double.PositiveInfinity)) },
        { "Listeners[0].AcceptBurst: 1 or more was expected, not 0.", At(Listener.With(own => { own.AcceptRate = 1; own.AcceptBurst = 0; })) },
        { "Listeners[0].AcceptBurst: AcceptRate beside it was expected, not null.", At(Listener.With(own => own.AcceptBurst = 1)) },
        { "Listeners[0].Backlog: 1 or more was expected, not 0.", At(Listener.With(own => own.Backlog = 0)) },
        { "Tcp.WindowSize: 1 byte to 1 GiB was expected, not 0.", Good.With(own => own.Tcp = new() { WindowSize = 0 }) },
        { "Tcp.KeepAliveTime: 1 s to 32767 s, or zero for no probing, was expected, not 0.5 s.", Good.With(own => own.Tcp = new() { KeepAliveTime = TimeSpan.FromMilliseconds(500) }) },
        { "Tcp.KeepAliveTime: 1 s to 32767 s, or zero for no probing, was expected, not 32768 s.", Good.With(own => own.Tcp = new() { KeepAliveTime = TimeSpan.FromSeconds(32768) }) },
        { "Tcp.KeepAliveInterval: 1 s to 32767 s was expected, not 0 s.", Good.With(own => own.Tcp = new() { KeepAliveInterval = TimeSpan.Zero }) },
        { "Tcp.KeepAliveRetryCount: 1 to 127 was expected, not 128.", Good.With(own => own.Tcp = new() { KeepAliveRetryCount = 128 }) },
        { "Tcp.UserTimeout: zero for the system's, or up to 24 days, was expected, not Timeout.InfiniteTimeSpan.", Good.With(own => own.Tcp = new() { UserTimeout = Timeout.InfiniteTimeSpan }) },
        { "Tcp.SendBufferSize: 1 byte to 1 GiB, or null for the system's, was expected, not 0.", Good.With(own => own.Tcp = new() { SendBufferSize = 0 }) },
        { "Connect.Tcp.ReceiveBufferSize: 1 byte to 1 GiB, or null for the system's, was expected, not -1.", Good.With(own => own.Connect = new ConnectOptions { Tcp = new() { ReceiveBufferSize = -1 } }) },
        { "Connect.Tcp.KeepAliveRetryCount: 1 to 127 was expected, not 0.", Good.With(own => own.Connect = new ConnectOptions { Tcp = new() { KeepAliveRetryCount = 0 } }) },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Construct_OptionOutOfRange_SaysWhichAndWhatWasExpected(string message, TcpProxyOptions options)
    {
        var error = Assert.Throws<InvalidOptionsException>(() => new TcpProxy(options, new DestinationRegistry(new StaticResolver())));
        Assert.Equal((message, "options"), (Assert.Single(error.Errors).ToString(), error.ParamName));
        Assert.Equal($"{message} (Parameter 'options')", error.Message);
    }

    [Fact]
    public async Task Construct_EveryLimitInRange_IsTaken()
    {
        var listener = Listener.With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; own.AcceptRate = 0.01; own.AcceptBurst = 1; });
        var tcp = new TcpOptions { KeepAliveTime = TimeSpan.Zero, UserTimeout = TimeSpan.FromSeconds(30), SendBufferSize = 4096, ReceiveBufferSize = 4096 };
        await using var router = new DestinationRegistry(new StaticResolver());
        await using var proxy = new TcpProxy(Good.With(own => { own.Listeners = [listener]; own.Tcp = tcp; own.Connect = new ConnectOptions { Tcp = tcp }; own.AbortOnClose = true; }), router);
        Assert.Empty(proxy.LocalEndPoints);
    }

    [Fact]
    public void Construct_SeveralOptionsOutOfRange_SaysAllInOrder()
    {
        var listener = Listener.With(own => (own.Backlog, own.MaxSessions) = (0, -1));
        var options = Good.With(own => (own.Listeners, own.Connect, own.Duplex) = ([Listener, listener, null!], null!, new DuplexOptions { LifetimeJitter = double.NaN }));
        var error = Assert.Throws<InvalidOptionsException>(() => new TcpProxy(options, new DestinationRegistry(new StaticResolver())));
        Assert.Equal(["Listeners[1].Backlog", "Listeners[1].MaxSessions", "Listeners[2]", "Connect", "Duplex.LifetimeJitter"], error.Errors.Select(error => error.Path));
        Assert.StartsWith(string.Join(Environment.NewLine, error.Errors), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DestinationOptions_NoSessionAllowed_SaysWhatWasExpected()
    {
        await using var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = new StaticResolver(), MaxSessions = 0 });
        var error = Assert.Throws<InvalidOptionsException>(() => router.Get(Listener.Destination!));
        Assert.StartsWith("MaxSessions: 1 or more was expected, not 0.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task ConnectTcp_SetOrNot_EachSideIsSetUpAsItsOptionsSay(bool own) => SimulatedProxy.RunAsync(async bed =>
    {
        var clientSide = new TcpOptions { WindowSize = 1000, KeepAliveTime = TimeSpan.FromSeconds(7) };
        var serverSide = own ? new TcpOptions { WindowSize = 2000, UserTimeout = TimeSpan.FromSeconds(9) } : null;
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], Tcp = clientSide, Connect = new ConnectOptions { Tcp = serverSide } });
        await bed.ResolvedAsync();
        await bed.ConnectServedAsync(backend);
        Assert.Equal(2, bed.Network.Links.Count);
        Assert.Equivalent(clientSide, bed.Network.Links[0].Server!.Tcp, strict: true);
        Assert.Equivalent(serverSide ?? clientSide, bed.Network.Links[1].Client!.Tcp, strict: true);
    });

    private static TcpProxyOptions At(ListenerOptions listener) => Good.With(own => own.Listeners = [listener]);
}
