using System.Net;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

public sealed class TcpProxyOptionsTests
{
    private static readonly ProxyListener Listener = new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"));
    private static readonly TcpProxyOptions Good = new() { Listeners = [Listener] };

    public static TheoryData<string, TcpProxyOptions> Bad => new()
    {
        { "MaxSessions: 1 or more was expected.", Good with { MaxSessions = 0 } },
        { "Listeners[0].MaxSessions: 1 or more was expected.", At(Listener with { MaxSessions = 0 }) },
        { "Listeners[1].MaxSessionsPerClient: 1 or more was expected.", Good with { Listeners = [Listener, Listener with { MaxSessionsPerClient = -1 }] } },
        { "Listeners[0].AcceptRate: a finite number of sessions a second, more than 0, was expected.", At(Listener with { AcceptRate = 0 }) },
        { "Listeners[0].AcceptRate: a finite number of sessions a second, more than 0, was expected.", At(Listener with { AcceptRate = double.NaN }) },
        { "Listeners[0].AcceptRate: a finite number of sessions a second, more than 0, was expected.", At(Listener with { AcceptRate = double.PositiveInfinity }) },
        { "Listeners[0].AcceptBurst: 1 or more was expected.", At(Listener with { AcceptRate = 1, AcceptBurst = 0 }) },
        { "Listeners[0].AcceptBurst: AcceptRate beside it was expected.", At(Listener with { AcceptBurst = 1 }) },
        { "Listeners[0].Backlog: 1 or more was expected.", At(Listener with { Backlog = 0 }) },
        { "Tcp.WindowSize: 1 byte to 1 GiB was expected.", Good with { Tcp = new() { WindowSize = 0 } } },
        { "Tcp.KeepAliveTime: 1 s to 32767 s, or zero for no probing, was expected.", Good with { Tcp = new() { KeepAliveTime = TimeSpan.FromMilliseconds(500) } } },
        { "Tcp.KeepAliveTime: 1 s to 32767 s, or zero for no probing, was expected.", Good with { Tcp = new() { KeepAliveTime = TimeSpan.FromSeconds(32768) } } },
        { "Tcp.KeepAliveInterval: 1 s to 32767 s was expected.", Good with { Tcp = new() { KeepAliveInterval = TimeSpan.Zero } } },
        { "Tcp.KeepAliveRetryCount: 1 to 127 was expected.", Good with { Tcp = new() { KeepAliveRetryCount = 128 } } },
        { "Tcp.UserTimeout: zero for the system's, or up to 24 days, was expected.", Good with { Tcp = new() { UserTimeout = Timeout.InfiniteTimeSpan } } },
        { "Tcp.SendBufferSize: 1 byte to 1 GiB, or null for the system's, was expected.", Good with { Tcp = new() { SendBufferSize = 0 } } },
        { "Connect.Tcp.ReceiveBufferSize: 1 byte to 1 GiB, or null for the system's, was expected.", Good with { Connect = new ConnectPolicy { Tcp = new() { ReceiveBufferSize = -1 } } } },
        { "Connect.Tcp.KeepAliveRetryCount: 1 to 127 was expected.", Good with { Connect = new ConnectPolicy { Tcp = new() { KeepAliveRetryCount = 0 } } } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Construct_OptionOutOfRange_SaysWhichAndWhatWasExpected(string message, TcpProxyOptions options)
    {
        var error = Assert.Throws<ArgumentException>(() => new TcpProxy(options, new Router(new StaticResolver())));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public async Task Construct_EveryLimitInRange_IsTaken()
    {
        var listener = Listener with { MaxSessions = 1, MaxSessionsPerClient = 1, AcceptRate = 0.01, AcceptBurst = 1 };
        var tcp = new TcpOptions { KeepAliveTime = TimeSpan.Zero, UserTimeout = TimeSpan.FromSeconds(30), SendBufferSize = 4096, ReceiveBufferSize = 4096 };
        await using var router = new Router(new StaticResolver());
        await using var proxy = new TcpProxy(Good with { Listeners = [listener], Tcp = tcp, Connect = new ConnectPolicy { Tcp = tcp }, AbortOnClose = true }, router);
        Assert.Empty(proxy.LocalEndPoints);
    }

    [Fact]
    public void DestinationOptions_NoSessionAllowed_SaysWhatWasExpected()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new DestinationOptions { Resolver = new StaticResolver(), MaxSessions = 0 });
        Assert.StartsWith("MaxSessions: 1 or more was expected.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task ConnectTcp_SetOrNot_EachSideIsSetUpAsItsOptionsSay(bool own) => SimulatedProxy.RunAsync(async bed =>
    {
        var clientSide = new TcpOptions { WindowSize = 1000, KeepAliveTime = TimeSpan.FromSeconds(7) };
        var serverSide = own ? new TcpOptions { WindowSize = 2000, UserTimeout = TimeSpan.FromSeconds(9) } : null;
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Of(backend.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], Tcp = clientSide, Connect = new ConnectPolicy { Tcp = serverSide } });
        await bed.ResolvedAsync();
        await bed.ConnectServedAsync(backend);
        Assert.Equal(2, bed.Network.Links.Count);
        Assert.Same(clientSide, bed.Network.Links[0].Server!.Tcp);
        Assert.Same(serverSide ?? clientSide, bed.Network.Links[1].Client!.Tcp);
    });

    private static TcpProxyOptions At(ProxyListener listener) => Good with { Listeners = [listener] };
}
