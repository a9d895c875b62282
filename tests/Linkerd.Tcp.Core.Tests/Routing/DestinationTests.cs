using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Tests.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

public sealed class DestinationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly EndPoint[] Addresses = [.. Enumerable.Range(1, 3).Select(port => new IPEndPoint(IPAddress.Loopback, port))];
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    private readonly Script _script = new();
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public async Task Negative_AfterASet_IsHandledByThePolicy(bool clears, int left)
    {
        await using var router = RouterWith(clears);
        var destination = await SayAsync(router, new Resolution.Bound(EndpointSet.Create(Addresses[..2])));
        await SayAsync(router, Resolution.Negative.Instance);
        Assert.Equal(left, destination.Balancer.Endpoints.Count);
    }

    [Fact]
    public async Task Failed_AfterASet_KeepsItAndAges()
    {
        await using var router = RouterWith(true);
        var destination = await SayAsync(router, new Resolution.Bound(EndpointSet.Create(Addresses)));
        Assert.Equal(TimeSpan.Zero, destination.Age);
        await SayAsync(router, new Resolution.Failed("down"));
        _time.Advance(TimeSpan.FromSeconds(7));
        await SayAsync(router, new Resolution.Failed("still down"));
        Assert.Equal((3, 1, 2, TimeSpan.FromSeconds(7)), (destination.Balancer.Endpoints.Count, destination.Updates, destination.Failures, destination.Age));
        await SayAsync(router, new Resolution.Bound(EndpointSet.Create(Addresses)));
        Assert.Equal((2, TimeSpan.Zero), (destination.Updates, destination.Age));
    }

    [Fact]
    public async Task Pending_AfterASet_KeepsItAndIsNoFailure()
    {
        await using var router = RouterWith(true);
        await SayAsync(router, new Resolution.Bound(EndpointSet.Create(Addresses)));
        var destination = await SayAsync(router, Resolution.Pending.Instance);
        Assert.Equal((3, 0), (destination.Balancer.Endpoints.Count, destination.Failures));
    }

    [Fact]
    public async Task BoundEmpty_AfterASet_IsObeyed()
    {
        await using var router = RouterWith(false);
        await SayAsync(router, new Resolution.Bound(EndpointSet.Create(Addresses)));
        var destination = await SayAsync(router, new Resolution.Bound(EndpointSet.Empty));
        Assert.Empty(destination.Balancer.Endpoints);
    }

    [Fact(Timeout = 30_000)]
    public async Task Resolver_Throws_SetIsKeptAndTheWatchStartsAgain()
    {
        await using var router = RouterWith(false);
        var destination = await SayAsync(router, new Resolution.Bound(EndpointSet.Create(Addresses)));
        _script.Say(null);
        await UntilAsync(destination, () => destination.Resolution is Resolution.Failed);
        Assert.Contains("the resolver threw InvalidOperationException: scripted", ((Resolution.Failed)destination.Resolution).Error, StringComparison.Ordinal);
        Assert.Equal(3, destination.Balancer.Endpoints.Count);
        _script.Say(new Resolution.Bound(EndpointSet.Create(Addresses[..1])));
        while (destination.Balancer.Endpoints.Count != 1)
        {
            // The back-off may begin after the clock has moved: move it until the watch is back.
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        Assert.Equal(2, _script.Watches);
    }

    [Fact]
    public async Task Get_Twice_IsOneDestinationAndOneWatch()
    {
        await using var router = RouterWith(false);
        Assert.Same(router.Get(Name), router.Get(DstPath.Parse("/svc/web")));
        await SayAsync(router, Resolution.Pending.Instance);
        Assert.Equal(1, _script.Watches);
        Assert.Single(router.Destinations);
    }

    [Fact]
    public async Task Bound_AddressInAnotherBranch_IsNeitherAddedNorRemoved()
    {
        using var log = new LogRecorder();
        await using var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = _script }, log, timeProvider: _time, random: RandomSource.Seeded(1));
        await SayAsync(router, new Resolution.Bound(new EndpointSet(Group(Addresses[0], 9), Group(Addresses[1], 1))));
        await SayAsync(router, new Resolution.Bound(new EndpointSet(Group(Addresses[1], 1))));
        Assert.Equal(
            ["/svc/web: 2 endpoints (2 added, 0 removed, 0 re-weighted)", "/svc/web: 1 endpoints (0 added, 1 removed, 0 re-weighted)"],
            log.Entries.Where(static entry => entry.Id == 3000).Select(static entry => entry.Message));
    }

    private static EndpointGroup Group(EndPoint address, double weight) => new([new WeightedAddress(address)], weight);

    private static async Task UntilAsync(Destination destination, Func<bool> condition)
    {
        while (true)
        {
            var version = destination.Version;
            if (condition())
            {
                return;
            }

            await destination.WaitChangedAsync(version, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    private DestinationRegistry RouterWith(bool clears) =>
        new(_ => new DestinationOptions { Resolver = _script, ClearOnNegative = clears }, timeProvider: _time, random: RandomSource.Seeded(1));

    /// <summary>Has the resolver say something, and waits until the destination has heard it.</summary>
    private async Task<Destination> SayAsync(DestinationRegistry router, Resolution resolution)
    {
        var destination = router.Get(Name);
        var heard = destination.Version;
        _script.Say(resolution);
        await UntilAsync(destination, () => ReferenceEquals(destination.Resolution, resolution) && destination.Version > heard);
        return destination;
    }

    private sealed class Script : IResolver
    {
        private readonly Channel<Resolution?> _said = Channel.CreateUnbounded<Resolution?>();
        private int _watches;

        public int Watches => Volatile.Read(ref _watches);

        public void Say(Resolution? resolution) => _said.Writer.TryWrite(resolution);

        public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _watches);
            await foreach (var resolution in _said.Reader.ReadAllAsync(cancellationToken))
            {
                yield return resolution ?? throw new InvalidOperationException("scripted");
            }
        }
    }
}
