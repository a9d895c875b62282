using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>Sessions of one listener that go to names of their own.</summary>
public sealed class RouteTests
{
    private static readonly DstPath Other = DstPath.Parse("/svc/other");

    [Fact]
    public Task Route_ByClient_EachSessionGoesToItsName() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartAsync(bed, context => context.Client is IPEndPoint { Address: var ip } && ip.Equals(IPAddress.Parse("10.8.0.1")) ? Other : SimulatedProxy.Name);
        await bed.ConnectServedAsync(backend);
        Assert.Equal([SimulatedProxy.Name], bed.Router.Destinations.Select(destination => destination.Name));
        await bed.ConnectServedAsync(backend, bed.ClientAt("10.8.0.1"));
        Assert.Equal(2, bed.Router.Destinations.Count());
        Assert.Equal((1, 1), (bed.Destination.Balancer.Endpoints[0].Open, bed.Router.Get(Other).Balancer.Endpoints[0].Open));
        Assert.Equal(1, bed.Logs.Count(4010));
    });

    [Fact]
    public Task Route_GivesNull_ClientIsRefusedAndItIsLoggedOnceInAWhile() => SimulatedProxy.RunAsync(async bed =>
    {
        await StartAsync(bed, static _ => null, listener => listener.With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; own.AcceptRate = 3; }));
        for (var i = 0; i < 4; i++)
        {
            // What is refused takes nothing of the other limits.
            await bed.ConnectRefusedAsync();
        }

        await bed.UntilAsync(() => bed.Closed("PA:no_route") == 4);
        Assert.Equal((4, 1), ((int)bed.Refused("no_route"), bed.Logs.Count(4005)));
        Assert.Contains("to no name was refused: no_route", bed.Logs.Entries.Single(entry => entry.Id == 4005).Message, StringComparison.Ordinal);
        Assert.Empty(bed.Router.Destinations);
    });

    [Fact]
    public Task Route_Throws_ThatClientIsResetAndOthersAreServed() => SimulatedProxy.RunAsync(async bed =>
    {
        var throws = true;
        var backend = await StartAsync(
            bed,
            _ => throws ? throw new InvalidOperationException("The route has a bug.") : SimulatedProxy.Name,
            listener => listener.With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; }));
        await bed.ConnectRefusedAsync();
        Assert.Equal(1, bed.Logs.Count(4007));
        throws = false;
        await bed.ConnectServedAsync(backend);
    });

    [Fact]
    public Task Route_AfterAPrelude_SeesWhatThePreludeFound() => SimulatedProxy.RunAsync(async bed =>
    {
        SessionContext? seen = null;
        var backend = await StartAsync(
            bed,
            context =>
            {
                seen = context;
                return SimulatedProxy.Name;
            },
            listener => listener.With(own => own.Preludes = [new LinePrelude()]));
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("192.0.2.7:4711\nx");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal((IPEndPoint.Parse("192.0.2.7:4711"), client.LocalEndPoint, bed.Proxy.LocalEndPoints[0]), (seen!.Client, seen.Peer, seen.Listener));
        Assert.Equal((client.RemoteEndPoint, SimulatedProxy.Name), (seen.Local, seen.Name));
        Assert.Equal((null, null), (seen.ServerName, seen.ApplicationProtocol));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Route_DestinationIsFull_ClientIsRefusedAndThePlaceComesBack(bool hasPrelude) => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartAsync(bed, static _ => SimulatedProxy.Name, listener => hasPrelude ? listener.With(own => own.Preludes = [new LinePrelude()]) : listener, destinationSessions: 1);
        var one = await ServeAsync();
        var refused = await bed.ConnectAsync();
        await refused.SendTextAsync("192.0.2.7:4711\nx");
        await SimulatedProxy.ExpectResetAsync(refused);
        await bed.UntilAsync(() => bed.Refused("destination_sessions") == 1);
        Assert.Equal(1, bed.Destination.SessionLimit!.Active);
        await bed.EndAsync(one);
        Assert.Equal(0, bed.Destination.SessionLimit.Active);
        await bed.EndAsync(await ServeAsync());

        async Task<TransportConnection> ServeAsync()
        {
            var before = backend.Accepted.Count;
            var client = await bed.ConnectAsync();
            await client.SendTextAsync("192.0.2.7:4711\nx");
            await bed.UntilAsync(() => backend.Accepted.Count > before);
            return client;
        }
    });

    [Fact]
    public Task Route_FirstSessionOfAName_StartsItsPreconnects() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Configure = options => options.With(own => own.Preconnect = new PreconnectOptions { Connections = 2 });
        var backend = await StartAsync(bed, static _ => SimulatedProxy.Name);
        await bed.DelayAsync(5000);
        Assert.Empty(backend.Accepted);
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Router.Destinations.Any() && bed.Destination.Preconnects.Pool?.Count == 2);
        await bed.Proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None);
        client.Abort();
        Assert.Null(bed.Destination.Preconnects.Pool);
        Assert.All(bed.Destination.Balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
    });

    [Fact]
    public Task Route_EndpointOfAChosenNameLeaves_ItsSessionsEnd() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Configure = options => options.With(own => own.DrainTimeout = TimeSpan.FromSeconds(10));
        var backend = await StartAsync(bed, static _ => SimulatedProxy.Name);
        var client = await bed.ConnectServedAsync(backend);
        var drainedAt = bed.Scheduler.Elapsed;
        bed.Destination.Balancer.Endpoints[0].Drain();
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.InRange((bed.Scheduler.Elapsed - drainedAt).TotalSeconds, 5, 11);
        await bed.UntilAsync(() => bed.Closed("kD") == 1);
    });

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Options_BothOrNeitherOfNameAndRoute_AreRefused(bool hasName, bool hasRoute)
    {
        var listener = new ListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), hasName ? SimulatedProxy.Name : null) { Route = hasRoute ? static _ => null : null };
        var router = new DestinationRegistry(new StaticResolver());
        var error = Assert.Throws<InvalidOptionsException>(() => new TcpProxy(new TcpProxyOptions { Listeners = [listener] }, router));
        Assert.Contains("Destination", error.Message, StringComparison.Ordinal);
    }

    private static async Task<SimulatedBackend> StartAsync(
        SimulatedProxy bed, Func<SessionContext, DstPath?> route, Func<ListenerOptions, ListenerOptions>? configure = null, int? destinationSessions = null)
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        var listener = new ListenerOptions(bed.ProxyHost.AnyPort, route);
        await bed.StartAsync(
            new TcpProxyOptions
            {
                Listeners = [configure?.Invoke(listener) ?? listener],

                // A name is resolved on a real thread, for which virtual time does not wait.
                Connect = new ConnectOptions { ConnectTimeout = Timeout.InfiniteTimeSpan },
            },
            configure: options => options.With(own => { own.BalancerFactory = () => LoadBalancers.Create(BalancerKind.P2c, new BalancerOptions { Random = bed.Random, TimeProvider = bed.Scheduler.TimeProvider }); own.MaxSessions = destinationSessions; }));
        return backend;
    }
}
