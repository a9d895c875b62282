using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>The polls beside a watch.</summary>
public sealed class StaleWatchTests
{
    [Theory]
    [MemberData(nameof(Questions.Polled), MemberType = typeof(Questions))]
    public async Task SilentWatch_SetChangedBehindIt_IsFoundOutAndReplaced(Asked asked)
    {
        // The watches say 1 and then 3, and whoever asks anew hears 2.
        await using var server = Start(asked, watch => watch == 0 ? 1 : 3, 2);
        await using var watcher = new Watcher(server.BaseAddress, asked);
        await watcher.NextIsAsync(1);

        await watcher.PassIntervalAsync();
        await watcher.NextIsAsync(2);
        await watcher.Time.PassTimerAsync(1, 1);

        await watcher.NextIsAsync(3);
        Assert.Contains("went stale", Assert.Single(watcher.Log.Of(LogLevel.Warning)), StringComparison.Ordinal);
        Assert.Equal([true, false, true], server.Requests.Select(IsWatch));
    }

    [Theory]
    [MemberData(nameof(Questions.Polled), MemberType = typeof(Questions))]
    public async Task PollOvertakesTheWatch_IsTakenAndTheWatchIsKept(Asked asked)
    {
        var watch = new TaskCompletionSource<ScriptConnection>();
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            var request = await connection.ReadRequestAsync();
            await connection.SendAsync(IsWatch(request!) ? NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)) : NamerdHttp.Answer(asked.Document(2)));
            if (IsWatch(request!))
            {
                watch.TrySetResult(connection);
                await connection.WaitForCloseAsync();
            }
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);
        await watcher.NextIsAsync(1);

        await watcher.PassIntervalAsync();
        await watcher.NextIsAsync(2);
        await watcher.Time.WaitForTimerAsync(1, 1);
        await (await watch.Task).SendAsync(NamerdHttp.Chunk(asked.Document(2)) + NamerdHttp.Chunk(asked.Document(4)));
        await watcher.NextIsAsync(4);
        await watcher.Time.PassTimerAsync(1, 1);

        await watcher.WaitForIntervalsAsync();
        Assert.Empty(watcher.Log.Of(LogLevel.Warning));
        Assert.Equal([true, false], server.Requests.Select(IsWatch));
    }

    [Theory]
    [InlineData(Asked.Bind, "same")]
    [InlineData(Asked.Addr, "same")]
    [InlineData(Asked.Bind, "hangs")]
    [InlineData(Asked.Addr, "hangs")]
    [InlineData(Asked.Bind, "fails")]
    [InlineData(Asked.Addr, "fails")]
    [InlineData(Asked.Bind, "closes")]
    [InlineData(Asked.Addr, "closes")]
    public async Task Poll_WithoutNews_SaysNothing(Asked asked, string how)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            var request = await connection.ReadRequestAsync();
            if (IsWatch(request!))
            {
                await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)));
            }
            else if (how is "same" or "fails")
            {
                await connection.SendAsync(how == "same" ? NamerdHttp.Answer(asked.Document(1)) : NamerdHttp.Thrown);
            }

            if (how is "hangs" or "fails" || IsWatch(request!))
            {
                await connection.WaitForCloseAsync();
            }
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);
        await watcher.NextIsAsync(1);

        await watcher.PassIntervalAsync();
        await server.WaitForRequestsAsync(2, TestContext.Current.CancellationToken);
        if (how is "hangs" or "fails")
        {
            // A 500 has no length: namerd ends it with the connection, and this server leaves that open.
            await watcher.PassTimeoutAsync();
        }

        await watcher.WaitForIntervalsAsync();
        Assert.Empty(watcher.Rest());
        Assert.Empty(watcher.Log.Of(LogLevel.Warning));
    }

    [Fact]
    public async Task Resolve_IsNeverPolledBesideItsWatch()
    {
        await using var server = Start(Asked.Resolve, watch => watch + 1, 9);
        await using var watcher = new Watcher(server.BaseAddress, Asked.Resolve);
        await watcher.NextIsAsync(1);

        watcher.Time.Advance(TimeSpan.FromSeconds(500));
        await watcher.PassRenewalAsync();

        await watcher.NextIsAsync(2);
        Assert.All(server.Requests, request => Assert.True(IsWatch(request)));
    }

    private static ScriptServer Start(Asked asked, Func<int, int> watched, int polled)
    {
        var watches = 0;
        return ScriptServer.Start(asked, async connection =>
        {
            if (!IsWatch((await connection.ReadRequestAsync())!))
            {
                await connection.SendAsync(NamerdHttp.Answer(asked.Document(polled)));
                return;
            }

            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(watched(watches++))));
            await connection.WaitForCloseAsync();
        });
    }

    private static bool IsWatch(string request) => request.Contains("watch=true", StringComparison.Ordinal);
}
