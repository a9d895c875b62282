using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>Polling where a watch cannot be had, and watching again when it can.</summary>
public sealed class FallbackTests
{
    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task WholeAnswerToAWatch_PollsAtTheIntervalAndTriesAWatchAgainLater(Asked asked)
    {
        // A web server with a file in place of namerd: pretty-printed, too.
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.Answer(asked.Document(8080).Replace("{", "{\n  ", StringComparison.Ordinal).Replace(":", " : ", StringComparison.Ordinal)));
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);
        await watcher.NextIsAsync(8080);

        for (var polls = 1; polls < 12; polls++)
        {
            await watcher.PassIntervalAsync();
            await server.WaitForRequestsAsync(polls + 1, TestContext.Current.CancellationToken);
        }

        await watcher.WaitForIntervalsAsync();
        var watches = server.Requests.Select((request, i) => (IsWatch: request.Contains("watch=true", StringComparison.Ordinal), Index: i)).Where(request => request.IsWatch).Select(request => request.Index).ToArray();
        Assert.Equal(2, watches.Length);
        Assert.InRange(watches[1], 9, 11);
        Assert.Empty(watcher.Rest());
        Assert.Equal(2, watcher.Log.Of(LogLevel.Information).Count(line => line.Contains("does not stream", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task StreamsThatEndOrderlyAtOnce_TwiceIsNoStream(Asked asked)
    {
        await using var server = ScriptServer.Answering(asked, NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)) + NamerdHttp.LastChunk);
        await using var watcher = new Watcher(server.BaseAddress, asked);
        await watcher.NextIsAsync(1);

        await watcher.PassBackoffAsync();
        await watcher.Log.WaitForAsync("does not stream");
        await watcher.PassIntervalAsync();
        await server.WaitForRequestsAsync(3, TestContext.Current.CancellationToken);

        Assert.Equal([true, true, false], server.Requests.Select(request => request.Contains("watch=true", StringComparison.Ordinal)));
        Assert.Empty(watcher.Rest());
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task WatchWithoutHeaders_PollThatWorksIsKeptTo(Asked asked)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            var request = await connection.ReadRequestAsync();
            if (!request!.Contains("watch=true", StringComparison.Ordinal))
            {
                await connection.SendAsync(NamerdHttp.Answer(asked.Document(1)));
            }

            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);
        await server.WaitForRequestsAsync(1, TestContext.Current.CancellationToken);
        await watcher.PassTimeoutAsync();
        await watcher.NextFailsAsync("did not answer");
        await watcher.PassBackoffAsync();

        await watcher.NextIsAsync(1);
        await watcher.PassIntervalAsync();
        await server.WaitForRequestsAsync(3, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("watch=true", server.Requests[2], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task WatchThatLivedLong_IsOpenedAgainPromptlyAndWithoutAWord(Asked asked)
    {
        var connections = new List<ScriptConnection>();
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            lock (connections)
            {
                connections.Add(connection);
            }

            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)));
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Unchecked);
        await watcher.NextIsAsync(1);

        // A load balancer that cuts what is silent for a minute.
        for (var cuts = 1; cuts < 5; cuts++)
        {
            await watcher.WaitForRenewalsAsync();
            watcher.Time.Advance(TimeSpan.FromSeconds(60));
            lock (connections)
            {
                connections[^1].Reset();
            }

            await watcher.Time.PassTimerAsync(0, 0.25);
            await server.WaitForRequestsAsync(cuts + 1, TestContext.Current.CancellationToken);
            await watcher.WaitForRenewalsAsync();
        }

        Assert.Empty(watcher.Rest());
        Assert.Empty(watcher.Log.Of(LogLevel.Warning));
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task WatchesThatAnswerAndBreakAtOnce_BackOffAllTheSame(Asked asked)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)));
            connection.Finish();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);

        foreach (var ceiling in new[] { 1, 2, 4, 8, 16 })
        {
            // The addresses of a tree may come when the watch of the tree has ended already.
            if (asked != Asked.Bind)
            {
                await watcher.NextIsAsync(1);
                await watcher.NextFailsAsync("in the middle of its answer");
            }

            await watcher.Time.PassTimerAsync(ceiling / 2.0, ceiling);
        }
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task HeadersAlone_DoNotResetTheBackoff(Asked asked)
    {
        await using var server = ScriptServer.Answering(asked, NamerdHttp.WatchHead);
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Unchecked);

        foreach (var ceiling in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            await watcher.Time.PassTimerAsync(ceiling / 2.0, ceiling);
        }

        await watcher.NextFailsAsync("in the middle of its answer");
        Assert.Empty(watcher.Rest());
    }

    [Theory]
    [InlineData(Asked.Resolve)]
    [InlineData(Asked.Bind)]
    public async Task ShortInterval_IsTheMostOfTheBackoff(Asked asked)
    {
        await using var server = ScriptServer.Answering(asked, NamerdHttp.Thrown);
        await using var watcher = new Watcher(server.BaseAddress, asked, change: options => options.With(own => own.Interval = TimeSpan.FromSeconds(5)));

        foreach (var ceiling in new[] { 1, 2, 4, 5, 5, 5 })
        {
            await watcher.Time.PassTimerAsync(ceiling / 2.0, ceiling);
        }
    }

    [Fact]
    public async Task Poll_FailureThenSameSet_IsGivenAgain()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Poll);
        await watcher.NextIsAsync(1);

        await watcher.WaitForIntervalsAsync();
        namerd.Set("/svc/web", new NameState.HttpStatus(503, "no upstream"));
        await watcher.PassIntervalAsync();
        await watcher.NextFailsAsync("503 Service Unavailable: 'no upstream'");
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await watcher.Time.WaitForTimerAsync(0.5, 1);
        await watcher.PassBackoffsUntilAsync(seen => seen.Equals(Watcher.Bound(1)));

        Assert.All(namerd.Requests, request => Assert.DoesNotContain("watch", request, StringComparison.Ordinal));
    }
}
