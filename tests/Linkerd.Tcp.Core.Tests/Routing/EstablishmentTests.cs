using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

public sealed class EstablishmentTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly EndPoint[] Addresses = [.. Enumerable.Range(1, 5).Select(port => new IPEndPoint(IPAddress.Loopback, port))];
    private static readonly EndPoint ClientAddress = new IPEndPoint(IPAddress.Loopback, 50_000);

    private readonly Meter _meter = new("test");

    public void Dispose() => _meter.Dispose();

    [Fact]
    public async Task Connect_EveryEndpointRefuses_TriesEachAtOnceAndThenThreeAgain()
    {
        var transport = new ScriptedTransport((_, _, _) => new(ConnectResult.Failed(ConnectFailure.Refused, "nobody there")));
        await using var router = new DestinationRegistry(new StaticResolver(Addresses));
        var (outcome, destination) = await ConnectAsync(router, transport);
        Assert.False(outcome.IsConnected);
        Assert.Equal(("SC", 5 + 3, "nobody there"), (outcome.Reason.ToString(), outcome.Attempts, outcome.Detail));
        Assert.Equal(5, transport.Attempts.Take(5).Select(attempt => attempt.To).Distinct().Count());
        Assert.Equal(3, transport.Attempts.Skip(5).Select(attempt => attempt.To).Distinct().Count());
        Assert.All(destination.Balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
    }

    [Fact]
    public async Task Connect_FewerEndpointsThanAttempts_TriesOneAgain()
    {
        var transport = new ScriptedTransport((_, _, _) => new(ConnectResult.Failed(ConnectFailure.Refused)));
        await using var router = new DestinationRegistry(new StaticResolver(Addresses[..2]));
        var (outcome, _) = await ConnectAsync(router, transport);
        Assert.Equal(("SC", 2 + 3), (outcome.Reason.ToString(), outcome.Attempts));
        Assert.NotEqual(transport.Attempts[0].To, transport.Attempts[1].To);
    }

    [Fact]
    public async Task Connect_OneAttemptAtMost_TheOnlyEndpointIsTriedOnce()
    {
        var transport = new ScriptedTransport((_, _, _) => new(ConnectResult.Failed(ConnectFailure.Refused)));
        await using var router = new DestinationRegistry(new StaticResolver(Addresses[..1]));
        var (outcome, _) = await ConnectAsync(router, transport, policy: new ConnectOptions { MaxAttempts = 1 });
        Assert.Equal(("SC", 1), (outcome.Reason.ToString(), outcome.Attempts));
    }

    [Fact]
    public async Task Connect_SecondAnswers_LeaseCountsTheConnectionUntilDisposed()
    {
        var refused = false;
        var transport = new ScriptedTransport((to, _, _) =>
        {
            var result = refused ? ConnectResult.Connected(new StillConnection(ClientAddress, to)) : ConnectResult.Failed(ConnectFailure.Refused);
            refused = true;
            return new(result);
        });
        await using var router = new DestinationRegistry(new StaticResolver(Addresses));
        var (outcome, destination) = await ConnectAsync(router, transport);
        Assert.True(outcome.IsConnected);
        Assert.Equal(2, outcome.Attempts);
        Assert.Equal((1, 0), (destination.Balancer.Endpoints.Sum(endpoint => endpoint.Open), destination.Balancer.Endpoints.Sum(endpoint => endpoint.Pending)));
        Assert.Equal(transport.Attempts[1].To, outcome.Lease.Endpoint!.Address);
        outcome.Lease.Complete();
        Assert.All(destination.Balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
    }

    [Fact]
    public async Task Connect_MeetsItself_CountsAsRefused()
    {
        // The only endpoint would be tried until the deadline.
        using var deadline = new CancellationTokenSource();
        var connections = new List<StillConnection>();
        var transport = new ScriptedTransport((to, _, _) =>
        {
            connections.Add(new StillConnection(to, to));
            deadline.Cancel();
            return new(ConnectResult.Connected(connections[^1]));
        });
        await using var router = new DestinationRegistry(new StaticResolver(new IPEndPoint(IPAddress.Loopback, 45001)));
        var (outcome, destination) = await ConnectAsync(router, transport, deadline);
        Assert.Equal("SC", outcome.Reason.ToString());
        Assert.Contains("met itself", outcome.Detail, StringComparison.Ordinal);
        Assert.True(connections is [{ IsAborted: true, IsDisposed: true }]);
        Assert.Equal(1, destination.Balancer.Endpoints[0].ConnectFailures);
    }

    [Theory]
    [InlineData(ConnectFailure.Refused, "SC", 5 + 3)]
    [InlineData(ConnectFailure.TimedOut, "sC", 3)]
    [InlineData(ConnectFailure.Unreachable, "SC", 3)]
    [InlineData(ConnectFailure.LocalResources, "RC", 0)]
    public async Task Connect_Fails_ReasonSaysWhoIsToBlame(ConnectFailure failure, string reason, long countedAgainstEndpoints)
    {
        var transport = new ScriptedTransport((_, _, _) => new(ConnectResult.Failed(failure)));
        await using var router = new DestinationRegistry(new StaticResolver(Addresses));
        var (outcome, destination) = await ConnectAsync(router, transport);
        Assert.Equal(reason, outcome.Reason.ToString());
        Assert.Equal(countedAgainstEndpoints, destination.Balancer.Endpoints.Sum(endpoint => endpoint.ConnectFailures));
    }

    [Fact]
    public async Task Connect_NoEndpoints_WaitsUntilTheDeadlineAndSaysWhy()
    {
        var resolver = new StaticResolver();
        resolver.Update(new Resolution.Failed("namerd is on holiday"));
        var transport = new ScriptedTransport((_, _, _) => throw new InvalidOperationException("There is nothing to connect to."));
        await using var router = new DestinationRegistry(resolver);
        using var deadline = new CancellationTokenSource();
        var connecting = ConnectAsync(router, transport, deadline);
        await UntilAsync(router, destination => destination.Resolution is Resolution.Failed);
        Assert.False(connecting.IsCompleted);
        await deadline.CancelAsync();
        var (outcome, _) = await connecting;
        Assert.Equal(("sQ", "the name is not resolved: namerd is on holiday"), (outcome.Reason.ToString(), outcome.Detail));
    }

    [Fact]
    public async Task Connect_EndpointsComeLater_IsServedThen()
    {
        var resolver = new StaticResolver();
        resolver.Update(Resolution.Pending.Instance);
        var transport = new ScriptedTransport((to, _, _) => new(ConnectResult.Connected(new StillConnection(ClientAddress, to))));
        await using var router = new DestinationRegistry(resolver);
        var connecting = ConnectAsync(router, transport);
        Assert.Equal(1, router.Get(DstPath.Parse("/svc/web")).PendingSessions);
        Assert.False(connecting.IsCompleted);
        resolver.Update(EndpointSet.Create(Addresses));
        Assert.True((await connecting).Outcome.IsConnected);
    }

    [Fact]
    public async Task Connect_TransportThrows_LeaseIsGivenBack()
    {
        var transport = new ScriptedTransport((_, _, _) => throw new ArgumentException("An address that cannot be connected to."));
        await using var router = new DestinationRegistry(new StaticResolver(Addresses));
        await Assert.ThrowsAsync<ArgumentException>(() => ConnectAsync(router, transport));
        Assert.All(router.Get(DstPath.Parse("/svc/web")).Balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task Connect_EndPointsOfAnotherKind_SaysWhatWasExpected(TransportEngine engine)
    {
        Assert.SkipWhen(engine == TransportEngine.Epoll && !EpollTransport.IsSupported, "There is no epoll here.");
        await using var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 1 });
        var set = EndpointSet.Create(new DnsEndPoint("example.org", 443), new StrangeEndPoint());
        await using var router = new DestinationRegistry(new FixedResolver(set));
        var (outcome, destination) = await ConnectAsync(router, transport);
        Assert.Equal(("SC", 3), (outcome.Reason.ToString(), outcome.Attempts));
        Assert.StartsWith("An IP address with a port or the path of a Unix-domain socket was expected, not ", outcome.Detail, StringComparison.Ordinal);
        Assert.All(destination.Balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
    }

    [Fact]
    public async Task Connect_DeadlineIsNear_AttemptGetsNoMoreThanIsLeft()
    {
        var transport = new ScriptedTransport((_, _, _) => new(ConnectResult.Failed(ConnectFailure.TimedOut)));
        await using var router = new DestinationRegistry(new StaticResolver(Addresses));
        var deadline = TimeProvider.System.GetTimestamp() + TimeProvider.System.TimestampFrequency;
        await ConnectAsync(router, transport, deadline: deadline);
        Assert.All(transport.Attempts, attempt => Assert.True(attempt.Options.Timeout <= TimeSpan.FromSeconds(1)));
        transport.Attempts.Clear();
        await ConnectAsync(router, transport);
        Assert.All(transport.Attempts, attempt => Assert.Equal(TimeSpan.FromSeconds(3), attempt.Options.Timeout));
    }

    private static async Task UntilAsync(DestinationRegistry router, Predicate<Destination> condition)
    {
        var destination = router.Get(DstPath.Parse("/svc/web"));
        while (true)
        {
            var version = destination.Version;
            if (condition(destination))
            {
                return;
            }

            await destination.WaitChangedAsync(version, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    private async Task<(Establishment Outcome, Destination Destination)> ConnectAsync(
        DestinationRegistry router, ITransport transport, CancellationTokenSource? giveUp = null, long deadline = Establishment.NoDeadline, ConnectOptions? policy = null)
    {
        var destination = router.Get(DstPath.Parse("/svc/web"));
        var dialer = new Dialer(transport, new TcpOptions(), new ConnectInstruments(_meter));
        var connecting = TestRequester.EstablishAsync(
            dialer, destination, policy, deadline: deadline, cancellationToken: giveUp?.Token ?? TestContext.Current.CancellationToken);
        return (await connecting.WaitAsync(Patience, TestContext.Current.CancellationToken), destination);
    }

    /// <summary>Knows no more than that it is an end point.</summary>
    private sealed class StrangeEndPoint : EndPoint;

    private sealed class FixedResolver(EndpointSet set) : IResolver
    {
        public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new Resolution.Bound(set);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
