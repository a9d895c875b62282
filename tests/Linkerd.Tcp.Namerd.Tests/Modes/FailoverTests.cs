using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>Several namerds.</summary>
public sealed class FailoverTests
{
    [Theory]
    [InlineData(NamerdMode.Bind)]
    [InlineData(NamerdMode.Resolve)]
    [InlineData(NamerdMode.Poll)]
    public async Task FirstIsDown_SecondIsAskedAtOnceAndNothingFails(NamerdMode mode)
    {
        await using var first = await StartAsync(1);
        await first.StopAsync();
        await using var second = await StartAsync(2);
        await using var watcher = new Watcher([first.BaseAddress, second.BaseAddress], mode);

        await watcher.PassBackoffsUntilAsync(seen => seen.Equals(Watcher.Bound(2)), 0, 0.02);
        Assert.Empty(watcher.Log.Of(LogLevel.Warning));
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task KilledWhileWatched_TheOtherTakesOverAndNothingMovesBack(NamerdMode mode)
    {
        await using var first = await StartAsync(1);
        await using var second = await StartAsync(2);
        await using var watcher = new Watcher([first.BaseAddress, second.BaseAddress], mode);
        var watches = mode == NamerdMode.Bind ? 2 : 1;
        await watcher.NextIsAsync(1);
        await first.WaitForWatchesAsync(watches, TestContext.Current.CancellationToken);

        await first.StopAsync();
        await watcher.PassBackoffsUntilAsync(seen => seen.Equals(Watcher.Bound(2)), 0, 0.02);
        await second.WaitForWatchesAsync(watches, TestContext.Current.CancellationToken);
        await first.StartAgainAsync();
        second.Set("/svc/web", NameState.Bound.Ports(3));
        await watcher.NextIsAsync(3);
        Assert.Equal(0, first.OpenWatches);
        Assert.Empty(watcher.Rest());
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task OldWatches_AreRenewedAtTheOther(NamerdMode mode)
    {
        await using var first = await StartAsync(1);
        await using var second = await StartAsync(1);
        await using var watcher = new Watcher([first.BaseAddress, second.BaseAddress], mode, Watcher.Unchecked);
        var watches = mode == NamerdMode.Bind ? 2 : 1;
        await watcher.NextIsAsync(1);
        await first.WaitForWatchesAsync(watches, TestContext.Current.CancellationToken);

        await watcher.PassRenewalAsync();
        await second.WaitForWatchesAsync(watches, TestContext.Current.CancellationToken);
        await first.WaitForWatchesAsync(0, TestContext.Current.CancellationToken);
        await watcher.PassRenewalAsync();
        await first.WaitForWatchesAsync(watches, TestContext.Current.CancellationToken);
        await second.WaitForWatchesAsync(0, TestContext.Current.CancellationToken);

        Assert.Empty(watcher.Rest());
    }

    [Fact]
    public async Task AllAreDown_OneFailureOfAllAndTheFirstThatIsBackIsUsed()
    {
        await using var first = await StartAsync(1);
        await using var second = await StartAsync(2);
        await first.StopAsync();
        await second.StopAsync();
        await using var watcher = new Watcher([first.BaseAddress, second.BaseAddress], NamerdMode.Resolve);

        await watcher.PassBackoffsUntilAsync(seen => seen is Resolution.Failed failed && failed.Error.Contains("refused the connection", StringComparison.Ordinal), 0, 0.02);
        await watcher.Time.WaitForTimerAsync(0.4, 1);
        await second.StartAgainAsync();

        await watcher.PassBackoffsUntilAsync(seen => seen.Equals(Watcher.Bound(2)));
    }

    [Fact]
    public async Task NameCannotBeBound_TheOtherIsAskedAfterTheBackoff()
    {
        await using var first = RawServer.Answering(NamerdHttp.Thrown);
        await using var second = await StartAsync(2);
        await using var watcher = new Watcher([first.BaseAddress, second.BaseAddress], NamerdMode.Resolve);

        await watcher.NextFailsAsync("with 500 Internal Server Error");
        await watcher.PassBackoffAsync();

        await watcher.NextIsAsync(2);
        Assert.Equal(1, first.ConnectionCount);
    }

    [Fact]
    public async Task AcceptsAndNeverAnswers_TheOtherIsAskedAfterTheTimeout()
    {
        await using var first = RawServer.Start(connection => connection.WaitForCloseAsync());
        await using var second = await StartAsync(2);
        await using var watcher = new Watcher([first.BaseAddress, second.BaseAddress], NamerdMode.Resolve);
        await first.WaitForRequestsAsync(1, TestContext.Current.CancellationToken);

        await watcher.PassTimeoutAsync();
        await watcher.PassBackoffsUntilAsync(seen => seen.Equals(Watcher.Bound(2)), 0, 0.02);
        Assert.Empty(watcher.Rest());
    }

    [Fact]
    public async Task HostWithSeveralAddresses_EachIsTried()
    {
        await using var namerd = await StartAsync(1);
        var lookup = new FixedLookup(IPAddress.Parse("127.0.0.3"), IPAddress.Loopback);
        await using var watcher = new Watcher([new Uri($"http://namerd.example:{namerd.EndPoint.Port}/")], NamerdMode.Resolve, lookup: lookup);

        await watcher.PassBackoffsUntilAsync(seen => seen.Equals(Watcher.Bound(1)), 0, 0.02);
        Assert.Equal($"namerd.example:{namerd.EndPoint.Port}", namerd.RequestHeaders[0]["Host"]);
    }

    [Fact]
    public async Task ManyNamesAndNobodyAnswers_OneRequestAtATimeFindsOut()
    {
        const int Names = 20;
        await using var server = RawServer.Start(connection => Task.CompletedTask);
        var time = new ManualTime();
        await using var resolver = new NamerdResolver(new NamerdOptions { BaseAddresses = [server.BaseAddress], TimeProvider = time, Random = RandomSource.Seeded(1) });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var watches = Enumerable.Range(0, Names).Select(i => ConsumeAsync(resolver, DstPath.Parse($"/svc/{i}"), stop.Token)).ToList();

        var ceiling = 1.0;
        await time.WaitForTimersAsync(0.4, 1, Names);
        var inTheFirstRush = server.ConnectionCount;
        for (var rounds = 1; rounds <= 6; rounds++)
        {
            time.Advance(TimeSpan.FromSeconds(ceiling));
            ceiling = Math.Min(10, ceiling * 2);
            await server.WaitForConnectionsAsync(inTheFirstRush + rounds, TestContext.Current.CancellationToken);
            await time.WaitForTimersAsync(ceiling / 2.1, ceiling, Names);
        }

        Assert.InRange(inTheFirstRush, 1, Names);
        Assert.Equal(inTheFirstRush + 6, server.ConnectionCount);
        await stop.CancelAsync();
        await Task.WhenAll(watches);
    }

    [Fact]
    public async Task Unreachable_ForLong_IsFoundWithinTenSecondsOfItsReturn()
    {
        await using var namerd = await StartAsync(1);
        await namerd.StopAsync();
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Bind);
        await watcher.NextFailsAsync("refused the connection");
        foreach (var ceiling in new[] { 1, 2, 4, 8, 10, 10, 10 })
        {
            await watcher.Time.PassTimerAsync(ceiling / 2.0, ceiling);
        }

        await watcher.Time.WaitForTimerAsync(5, 10);
        await namerd.StartAgainAsync();
        await watcher.Time.PassTimerAsync(5, 10);
        await watcher.NextIsAsync(1);
    }

    private static async Task<NamerdStandIn> StartAsync(int port)
    {
        var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(port));
        return namerd;
    }

    private static async Task ConsumeAsync(NamerdResolver resolver, DstPath name, CancellationToken stopped)
    {
        try
        {
            await foreach (var resolution in resolver.WatchAsync(name, stopped))
            {
                Assert.IsNotType<Resolution.Bound>(resolution);
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            return;
        }
    }

    private sealed class FixedLookup(params IPAddress[] addresses) : IHostLookup
    {
        public Task<IPAddress[]> GetAddressesAsync(string host, bool isRefresh = false, CancellationToken cancellationToken = default) => Task.FromResult(addresses);
    }
}
