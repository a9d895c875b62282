using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>What may happen to a connection.</summary>
public sealed class TransportScenarios
{
    [Fact]
    public async Task Restart_OfNamerd_IsFoundAndNothingIsLost()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));

        await mesh.StopAsync();
        Assert.Equal($"namerd at {mesh.EndPoint} refused the connection", await watcher.UntilFailsAsync("refused"));
        namerd.Set("/svc/web", NameState.Bound.Ports(2));
        await mesh.StartAgainAsync();
        await watcher.UntilIsAsync(MeshWatch.Bound(2));
        Assert.DoesNotContain(watcher.Rest(), state => state is Resolution.Bound);
    }

    [Fact]
    public async Task CutConnection_OfALongLivedStream_IsOpenedAgainWithoutAWord()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetId("/#/x", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address).With(own => own.TimeProvider = time), "/#/x");
        await watcher.NextIsAsync(MeshWatch.Bound(1));
        time.Advance(TimeSpan.FromSeconds(11));
        mesh.CutConnections();
        await mesh.WaitForConnectionsAsync(0, TestContext.Current.CancellationToken);
        namerd.SetId("/#/x", NameState.Bound.Ports(2));

        // At most 250 ms for the namerd, and as much for the stream.
        await time.PassTimerAsync(0, 0.5);
        await watcher.UntilIsAsync(MeshWatch.Bound(2));
        Assert.Empty(watcher.Log.Of(LogLevel.Warning));
    }

    [Fact]
    public async Task GoAway_OfAnOrderlyStop_IsSurvived()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        await using var other = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Name(MeshWatch.At(mesh.Address, other.Address));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
        var (used, free) = await UsedAsync(mesh, other);

        await used.StopOrderlyAsync(TimeSpan.FromSeconds(0.2));
        await free.WaitForStreamsAsync(2, TestContext.Current.CancellationToken);
        namerd.Set("/svc/web", NameState.Bound.Ports(2));
        await watcher.UntilIsAsync(MeshWatch.Bound(2));
        Assert.Equal(1, free.OpenConnections);
    }

    [Fact]
    public async Task HalfDeadConnection_IsNoticedByPing()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        await using var proxy = new StallingProxy(mesh.EndPoint);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Name(
            MeshWatch.At(new Uri($"mesh://{proxy.EndPoint}")).With(own => { own.PingDelay = TimeSpan.FromSeconds(1); own.PingTimeout = TimeSpan.FromSeconds(1); }));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));

        proxy.Stall();
        var error = await watcher.UntilFailsAsync();
        Assert.Equal($"namerd at {proxy.EndPoint} does not answer the PINGs of its connection any more", error);
        namerd.Set("/svc/web", NameState.Bound.Ports(2));
        proxy.Resume();
        await watcher.UntilIsAsync(MeshWatch.Bound(2));
    }

    [Fact]
    public async Task Blackhole_ThatNeverAnswers_FailsOnceForAllStreams()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        await using var proxy = new StallingProxy(mesh.EndPoint);
        proxy.Stall();
        await using var watcher = MeshWatch.Id(MeshWatch.At(new Uri($"mesh://{proxy.EndPoint}")).With(own => own.TimeProvider = time));
        var second = watcher.Resolver.ResolveIdAsync(DstPath.Parse("/#/y"), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var next = second.MoveNextAsync();
        await time.PassTimerAsync(10, 10);
        Assert.Equal($"namerd at {proxy.EndPoint} did not answer within 10 s", await watcher.UntilFailsAsync());
        Assert.True(await next);
        Assert.IsType<Resolution.Failed>(second.Current);
        Assert.InRange(proxy.Accepted, 0, 1);
        await second.DisposeAsync();
    }

    [Fact]
    public async Task Blackhole_BesideAGoodNamerd_CostsAHeadStart()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        await using var proxy = new StallingProxy(mesh.EndPoint);
        proxy.Stall();
        namerd.SetId("/#/io.l5d.fs/web", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Id(MeshWatch.At(new Uri($"mesh://{proxy.EndPoint}"), mesh.Address).With(own => own.TimeProvider = time));
        await time.PassTimerAsync(2, 2);
        await watcher.NextIsAsync(MeshWatch.Bound(1));
    }

    [Fact]
    public async Task Outage_OfManyNames_IsLoggedOnceAndProbedOnceAtATime()
    {
        var time = new ManualTime();
        await using var backend = new TcpBackend(socket => Task.CompletedTask);
        await using var watcher = MeshWatch.Id(MeshWatch.At(new Uri($"mesh://{backend.EndPoint}")).With(own => own.TimeProvider = time), "/#/0");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var others = Enumerable.Range(1, 99).Select(i => watcher.Resolver.ResolveIdAsync(DstPath.Parse($"/#/{i}"), stop.Token).GetAsyncEnumerator(stop.Token)).ToList();
        Assert.All(await Task.WhenAll(others.Select(other => other.MoveNextAsync().AsTask())), Assert.True);
        Assert.All(others, other => Assert.IsType<Resolution.Failed>(other.Current));
        await watcher.UntilFailsAsync();
        Assert.InRange(backend.Accepted, 1, 3);
        Assert.Single(watcher.Log.Of(LogLevel.Warning));
        await Task.WhenAll(others.Select(other => other.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Unreachable_ForLong_IsFoundWithinTenSecondsOfItsReturn()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetId("/#/io.l5d.fs/web", NameState.Bound.Ports(1));
        await mesh.StopAsync();
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address).With(own => own.TimeProvider = time));
        await watcher.UntilFailsAsync("refused the connection");
        foreach (var ceiling in new[] { 1, 2, 4, 8, 10, 10, 10 })
        {
            await time.PassTimerAsync(ceiling / 2.0, ceiling + 0.25);
        }

        await time.WaitForTimerAsync(5, 10.25);
        await mesh.StartAgainAsync();
        await time.PassTimerAsync(5, 10.25);
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
    }

    [Fact]
    public async Task FailOver_ToTheOtherNamerd_StaysThere()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var first = await MeshStandIn.StartAsync(namerd);
        await using var second = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Name(MeshWatch.At(first.Address, second.Address));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
        var (used, free) = await UsedAsync(first, second);

        await used.StopAsync();
        await free.WaitForStreamsAsync(2, TestContext.Current.CancellationToken);
        namerd.Set("/svc/web", NameState.Bound.Ports(2));
        await watcher.UntilIsAsync(MeshWatch.Bound(2));

        await used.StartAgainAsync();
        namerd.Set("/svc/api", NameState.Bound.Ports(3));
        await foreach (var state in watcher.Resolver.WatchAsync(DstPath.Parse("/svc/api"), TestContext.Current.CancellationToken))
        {
            if (state.Equals(MeshWatch.Bound(3)))
            {
                break;
            }
        }

        Assert.Equal(0, used.OpenStreams);
    }

    [Fact]
    public async Task HostName_WithSeveralAddresses_IsSeveralNamerds()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        var lookup = new FixedLookup([IPAddress.Parse("127.0.0.9"), IPAddress.Loopback]);
        await using var watcher = MeshWatch.Name(MeshWatch.At(new Uri($"mesh://namerd.example:{mesh.EndPoint.Port}")).With(own => own.HostLookup = lookup));
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
    }

    [Fact]
    public async Task HostName_ThatIsUnknown_IsSaidSo()
    {
        await using var watcher = MeshWatch.Id(MeshWatch.At(new Uri("mesh://namerd.example")).With(own => own.HostLookup = new FixedLookup([])));
        Assert.Equal("the host name of namerd at namerd.example:4321 cannot be resolved", await watcher.UntilFailsAsync());
    }

    [Fact]
    public async Task ZoneOfNoInterface_IsSaidSo()
    {
        await using var watcher = MeshWatch.Id(MeshWatch.At(MeshAddress.Parse("mesh://[fe80::1%no-such-if]")));
        Assert.Equal("there is no network interface for namerd's address [fe80::1%no-such-if]:4321", await watcher.UntilFailsAsync());
    }

    [Fact]
    public async Task HttpInterface_InPlaceOfMesh_IsSaidSo()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var watcher = MeshWatch.Id(MeshWatch.At(new Uri($"mesh://{namerd.EndPoint}")));
        Assert.Contains("is this its mesh interface (io.l5d.mesh)?", await watcher.UntilFailsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_MoreThanAConnectionTakes_GetFurtherConnections()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { MaxStreams = 10 });
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address), "/#/0");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var streams = Enumerable.Range(1, 44).Select(i => watcher.Resolver.ResolveIdAsync(DstPath.Parse($"/#/{i}"), stop.Token).GetAsyncEnumerator(stop.Token)).ToList();
        var firsts = await Task.WhenAll(streams.Select(stream => stream.MoveNextAsync().AsTask()));
        Assert.All(firsts, Assert.True);
        await mesh.WaitForStreamsAsync(45, TestContext.Current.CancellationToken);

        // As many as are needed; the handler may open one more while several streams wait for the one that is being opened.
        Assert.InRange(mesh.OpenConnections, 5, 7);
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        await mesh.WaitForStreamsAsync(1, TestContext.Current.CancellationToken);
    }

    // On a machine that is busy the first one may have been too slow to be the one.
    private static async Task<(MeshStandIn Used, MeshStandIn Free)> UsedAsync(MeshStandIn first, MeshStandIn second)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var isFirst = first.WaitForStreamsAsync(2, stop.Token);
        var used = await Task.WhenAny(isFirst, second.WaitForStreamsAsync(2, stop.Token)) == isFirst ? first : second;
        await stop.CancelAsync();
        return used == first ? (first, second) : (second, first);
    }

    private sealed class FixedLookup(IPAddress[] addresses) : IHostLookup
    {
        public Task<IPAddress[]> GetAddressesAsync(string host, bool isRefresh = false, CancellationToken cancellationToken = default) =>
            addresses.Length > 0 ? Task.FromResult(addresses) : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
    }
}
