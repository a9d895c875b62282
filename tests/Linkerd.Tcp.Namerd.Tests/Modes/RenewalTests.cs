using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>A second watch in place of the first, every ten intervals.</summary>
public sealed class RenewalTests
{
    [Fact]
    public async Task Renewal_SecondDelivers_FirstIsClosedAndNothingIsSaid()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress);
        await watcher.NextIsAsync(1);

        for (var renewals = 1; renewals < 4; renewals++)
        {
            var delay = await watcher.PassRenewalAsync();
            Assert.InRange(delay.TotalSeconds, 540, 660);
            await namerd.WaitForRequestsAsync(renewals + 1, TestContext.Current.CancellationToken);
            await watcher.Time.WaitForTimerAsync(540, 660);
            await namerd.WaitForWatchesAsync(1, TestContext.Current.CancellationToken);
        }

        Assert.Empty(watcher.Rest());
        namerd.Set("/svc/web", NameState.Bound.Ports(2));
        await watcher.NextIsAsync(2);
        Assert.Equal(4, namerd.ConnectionCount);
    }

    [Fact]
    public async Task Renewal_UnionDrawsAnotherBranch_IsApplied()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.SetDtab("default", "/svc/web => 1 * /#/io.l5d.fs/a & 1 * /#/io.l5d.fs/b");
        namerd.SetFile("a", "127.0.0.1 1");
        namerd.SetFile("b", "127.0.0.1 2");
        await using var watcher = new Watcher(namerd.BaseAddress);
        var first = await watcher.NextAsync();
        IReadOnlyList<Resolution> later = [];

        for (var renewals = 1; later.Count == 0; renewals++)
        {
            Assert.True(renewals < 50, "the other branch was never drawn");
            await watcher.PassRenewalAsync();
            await namerd.WaitForRequestsAsync(renewals + 1, TestContext.Current.CancellationToken);
            await watcher.Time.WaitForTimerAsync(540, 660);
            await namerd.WaitForWatchesAsync(1, TestContext.Current.CancellationToken);
            later = watcher.Rest();
        }

        Assert.NotEqual(first, later[0]);
    }

    [Fact]
    public async Task Renewal_SecondDoesNotDeliver_FirstGoesOnAndItIsTriedAgainWithBackoff()
    {
        var first = new TaskCompletionSource<RawConnection>();
        await using var server = RawServer.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead);
            if (connection.Index is 0 or 3)
            {
                await connection.SendAsync(NamerdHttp.Chunk(NamerdHttp.Bound(connection.Index + 1)));
                first.TrySetResult(connection);
            }

            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress);
        await watcher.NextIsAsync(1);
        await watcher.PassRenewalAsync();
        await server.WaitForRequestsAsync(2, TestContext.Current.CancellationToken);
        await watcher.PassTimeoutAsync();
        await watcher.Time.PassTimerAsync(0.5, 1);
        await server.WaitForRequestsAsync(3, TestContext.Current.CancellationToken);

        // The first one is alive all the while.
        await (await first.Task).SendAsync(NamerdHttp.Chunk(NamerdHttp.Bound(7)));
        await watcher.NextIsAsync(7);
        await watcher.PassTimeoutAsync();
        await watcher.Time.PassTimerAsync(1, 2);

        await watcher.NextIsAsync(4);
        Assert.Empty(watcher.Rest());
        Assert.All(watcher.Log.Of(LogLevel.Warning), line => Assert.Contains("could not be renewed, going on with the old one", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("error text\n")]
    [InlineData("{\"type\":\"leaf\"}\n")]
    [InlineData("{\"type\"\n")]
    public async Task Renewal_SecondBeginsWithAnError_FirstGoesOn(string answer)
    {
        await using var server = RawServer.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(connection.Index == 0 ? NamerdHttp.Bound(1) : answer));
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress);
        await watcher.NextIsAsync(1);

        await watcher.PassRenewalAsync();
        await watcher.Time.WaitForTimerAsync(0.5, 1);

        Assert.Empty(watcher.Rest());
    }

    [Fact]
    public async Task Renewal_FirstEndsMeanwhile_IsWatchedAgain()
    {
        var first = new TaskCompletionSource<RawConnection>();
        await using var server = RawServer.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            first.TrySetResult(connection);
            await connection.SendAsync(NamerdHttp.WatchHead + (connection.Index == 1 ? "" : NamerdHttp.Chunk(NamerdHttp.Bound(connection.Index + 1))));
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress);
        await watcher.NextIsAsync(1);
        await watcher.PassRenewalAsync();
        await server.WaitForRequestsAsync(2, TestContext.Current.CancellationToken);

        (await first.Task).Reset();

        await watcher.Time.PassTimerAsync(0, 0.25);
        await watcher.NextIsAsync(3);
    }
}
