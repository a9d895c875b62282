using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>A second watch in place of the first, when the first is old.</summary>
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

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Renewal_SecondDoesNotDeliver_FirstGoesOnAndItIsTriedAgainWithBackoff(Asked asked)
    {
        var first = new TaskCompletionSource<ScriptConnection>();
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead);
            if (connection.Index is 0 or 3)
            {
                await connection.SendAsync(NamerdHttp.Chunk(asked.Document(connection.Index + 1)));
                first.TrySetResult(connection);
            }

            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Unchecked);
        await watcher.NextIsAsync(1);
        await watcher.PassRenewalAsync();
        await server.WaitForRequestsAsync(2, TestContext.Current.CancellationToken);
        if (asked != Asked.Resolve)
        {
            // What is asked besides has been renewed, and plays no part any more.
            await watcher.Time.WaitForTimerAsync(540, 660);
        }

        await watcher.PassTimeoutAsync();
        await watcher.PassBackoffsUntilAsync(server.WaitForRequestsAsync(3, TestContext.Current.CancellationToken));

        // The first one is alive all the while.
        await (await first.Task).SendAsync(NamerdHttp.Chunk(asked.Document(7)));
        await watcher.NextIsAsync(7);
        await watcher.PassTimeoutAsync();
        await watcher.PassBackoffsUntilAsync(seen => seen.Equals(Watcher.Bound(4)));

        Assert.Empty(watcher.Rest());
        Assert.All(watcher.Log.Of(LogLevel.Warning), line => Assert.Contains("could not be renewed, going on with the old one", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Asked.Resolve, "error text\n")]
    [InlineData(Asked.Resolve, "{\"type\":\"nonsense\"}\n")]
    [InlineData(Asked.Resolve, "{\"type\"\n")]
    [InlineData(Asked.Bind, "error text\n")]
    [InlineData(Asked.Bind, "{\"type\":\"nonsense\"}\n")]
    [InlineData(Asked.Bind, "{\"type\"\n")]
    [InlineData(Asked.Addr, "error text\n")]
    [InlineData(Asked.Addr, "{\"type\":\"nonsense\"}\n")]
    [InlineData(Asked.Addr, "{\"type\"\n")]
    public async Task Renewal_SecondBeginsWithAnError_FirstGoesOn(Asked asked, string answer)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(connection.Index == 0 ? asked.Document(1) : answer));
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Unchecked);
        await watcher.NextIsAsync(1);

        await watcher.PassRenewalAsync();
        await watcher.Time.WaitForTimerAsync(0.5, 1);

        Assert.Empty(watcher.Rest());
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Renewal_FirstEndsMeanwhile_IsWatchedAgain(Asked asked)
    {
        var first = new TaskCompletionSource<ScriptConnection>();
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            first.TrySetResult(connection);
            await connection.SendAsync(NamerdHttp.WatchHead + (connection.Index == 1 ? "" : NamerdHttp.Chunk(asked.Document(connection.Index + 1))));
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Unchecked);
        await watcher.NextIsAsync(1);
        await watcher.PassRenewalAsync();
        await server.WaitForRequestsAsync(2, TestContext.Current.CancellationToken);

        (await first.Task).Reset();

        await watcher.Time.PassTimerAsync(0, 0.25);
        await watcher.NextIsAsync(3);
    }
}
