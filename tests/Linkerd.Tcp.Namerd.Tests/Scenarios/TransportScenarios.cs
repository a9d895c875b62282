using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>What a network, a proxy or a dying namerd does to an answer. The numbers are those of the list of scenarios of the wire contract.</summary>
public sealed class TransportScenarios
{
    [Theory]
    [InlineData(Asked.Resolve, "mid-chunk", "reset")]
    [InlineData(Asked.Resolve, "mid-chunk", "fin")]
    [InlineData(Asked.Resolve, "no last chunk", "reset")]
    [InlineData(Asked.Resolve, "no last chunk", "fin")]
    [InlineData(Asked.Resolve, "mid-head", "fin")]
    [InlineData(Asked.Bind, "mid-chunk", "reset")]
    [InlineData(Asked.Bind, "mid-chunk", "fin")]
    [InlineData(Asked.Bind, "no last chunk", "reset")]
    [InlineData(Asked.Bind, "no last chunk", "fin")]
    [InlineData(Asked.Bind, "mid-head", "fin")]
    [InlineData(Asked.Addr, "mid-chunk", "reset")]
    [InlineData(Asked.Addr, "mid-chunk", "fin")]
    [InlineData(Asked.Addr, "no last chunk", "reset")]
    [InlineData(Asked.Addr, "no last chunk", "fin")]
    [InlineData(Asked.Addr, "mid-head", "fin")]
    public async Task Scenario11_StreamCut_PartialDocumentIsDiscardedAndReconnected(Asked asked, string where, string how)
    {
        var gate = new TaskCompletionSource();
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            if (connection.Index > 0)
            {
                await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(2)));
                await connection.WaitForCloseAsync();
                return;
            }

            await connection.SendAsync(where == "mid-head" ? NamerdHttp.WatchHead[..30] : NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)));
            if (where == "mid-chunk")
            {
                await connection.SendAsync(NamerdHttp.Chunk(asked.Document(3))[..40]);
            }

            // A reset overtakes what was not read yet.
            await gate.Task.WaitAsync(connection.Stopped);
            if (how == "reset")
            {
                connection.Reset();
            }
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);
        if (where == "mid-head")
        {
            gate.SetResult();
        }
        else
        {
            await watcher.NextIsAsync(1);
            gate.SetResult();
        }

        await watcher.NextFailsAsync(how == "reset" ? "reset the connection" : "closed the connection in the middle of its answer");
        await watcher.PassBackoffAsync();
        await watcher.NextIsAsync(2);
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Scenario14_AcceptsAndNeverAnswers_TimesOut(Asked asked)
    {
        await using var server = ScriptServer.Start(asked, connection => connection.WaitForCloseAsync());
        await using var watcher = new Watcher(server.BaseAddress, asked);
        await server.WaitForRequestsAsync(1, TestContext.Current.CancellationToken);
        await watcher.PassTimeoutAsync();

        await watcher.NextFailsAsync($"did not answer about {(asked == Asked.Addr ? "/#/io.l5d.fs/web" : "/svc/web")} within 10 s");

        // Then a poll, as something in between may wait for the end of the stream; then a watch again. The failure is the same all along.
        for (var requests = 2; requests < 6; requests++)
        {
            await watcher.PassBackoffAsync();
            await server.WaitForRequestsAsync(requests, TestContext.Current.CancellationToken);
            await watcher.PassTimeoutAsync();
        }

        await watcher.Time.WaitForTimerAsync(0.5, 60);
        Assert.Equal([true, false, true, false, true], server.Requests.Select(request => request.Contains("watch=true", StringComparison.Ordinal)));
        Assert.Empty(watcher.Rest());
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Scenario14_StreamGoesSilent_IsReplacedByTheRenewal(Asked asked)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(connection.Index + 1)));
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Unchecked);
        await watcher.NextIsAsync(1);

        await watcher.PassRenewalAsync();

        await watcher.NextIsAsync(2);
        Assert.All(server.Requests, request => Assert.Contains("watch=true", request, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Scenario14_DocumentStops_TimesOut(Asked asked)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)) + NamerdHttp.Chunk(asked.Document(2))[..20]);
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);
        await watcher.NextIsAsync(1);

        await watcher.PassTimeoutAsync();

        // It lived for as long as an answer may take, so it is asked for again at once and without a word.
        await watcher.Time.PassTimerAsync(0, 0.25);
        await server.WaitForRequestsAsync(2, TestContext.Current.CancellationToken);
        Assert.Empty(watcher.Rest());
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario23_TenThousandAddressesInOneChunk_AreAllThere(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        var addresses = Enumerable.Range(0, 10_000).Select(i => new StandInAddress($"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}", 8080, 1.5, "\"nodeName\":\"a-node-with-a-rather-long-name\""));
        namerd.Set("/svc/web", NameState.Bound.Of(addresses));
        await using var watcher = new Watcher(namerd.BaseAddress, mode);

        var bound = Assert.IsType<Resolution.Bound>(await watcher.NextAsync());
        Assert.Equal(10_000, bound.Endpoints.Count);
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await watcher.NextIsAsync(1);
    }

    [Theory]
    [InlineData(Asked.Resolve, false)]
    [InlineData(Asked.Bind, false)]
    [InlineData(Asked.Addr, false)]
    [InlineData(Asked.Bind, true)]
    [InlineData(Asked.Addr, true)]
    public async Task Scenario23_AnswerBeyondTheLimit_FailedInBoundedMemory(Asked asked, bool poll)
    {
        // Ends when the client has had enough.
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk("{\"type\":\"bound\",\"addrs\":["));
            var more = NamerdHttp.Chunk(new string(' ', 64 * 1024));
            while (true)
            {
                await connection.SendAsync(more);
            }
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, change: options => options.With(own => { own.MaxAnswerBytes = 200_000; own.Mode = poll ? NamerdMode.Poll : options.Mode; }));

        await watcher.NextFailsAsync("more than the 200000 bytes");
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario24_BurstToASlowConsumer_IsCoalescedToTheLast(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var resolver = new NamerdResolver(new NamerdOptions { BaseAddresses = [namerd.BaseAddress], Mode = mode });
        await using var resolutions = resolver.WatchAsync(DstPath.Parse("/svc/web"), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await resolutions.MoveNextAsync().AsTask().WaitAsync(Watcher.Patience, TestContext.Current.CancellationToken));

        // In the mode that binds the first set may be the one that came with the tree.
        await namerd.WaitForWatchesAsync(mode == NamerdMode.Bind ? 2 : 1, TestContext.Current.CancellationToken);
        for (var port = 2; port <= 1001; port++)
        {
            namerd.Set("/svc/web", NameState.Bound.Ports(port));
        }

        var seen = 0;
        while (!resolutions.Current.Equals(Watcher.Bound(1001)))
        {
            Assert.True(await resolutions.MoveNextAsync().AsTask().WaitAsync(Watcher.Patience, TestContext.Current.CancellationToken));
            seen++;
        }

        Assert.InRange(namerd.EventCount, 1001, mode == NamerdMode.Bind ? 1002 : 1001);
        Assert.InRange(seen, 1, 1000);
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Scenario24_BurstInOneRead_OnlyTheLastSetIsSeenAndTheErrorBehindIt(Asked asked)
    {
        var burst = string.Concat(Enumerable.Range(1, 30).Select(port => asked.Document(port)));
        await using var server = ScriptServer.Answering(asked, NamerdHttp.WatchHead + NamerdHttp.Chunk(burst + "some text\n{\"type\":\"neg\"}\n") + NamerdHttp.LastChunk);
        await using var watcher = new Watcher(server.BaseAddress, asked);

        // The addresses of the last tree may come after the error.
        Resolution[] seen = [await watcher.NextAsync(), await watcher.NextAsync()];
        Assert.Equal(Watcher.Bound(30), asked == Asked.Bind ? seen.Single(resolution => resolution is Resolution.Bound) : seen[0]);
        Assert.Contains("some text", Assert.Single(seen.OfType<Resolution.Failed>()).Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Scenario25_ThrownThenRepaired_IsAskedAgainOnANewConnection(Asked asked)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(connection.Index == 0 ? NamerdHttp.Thrown : NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)));
            if (connection.Index > 0)
            {
                await connection.WaitForCloseAsync();
            }
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);

        await watcher.NextFailsAsync("500");
        await watcher.PassBackoffAsync();

        await watcher.NextIsAsync(1);
        Assert.Equal(2, server.ConnectionCount);
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Scenario27_Sigterm_RefusedRenewalIsBorneAndTheEndTold(Asked asked)
    {
        var ended = new TaskCompletionSource();
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead + NamerdHttp.Chunk(asked.Document(1)));
            await ended.Task.WaitAsync(connection.Stopped);
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Unchecked);
        await watcher.NextIsAsync(1);

        // It listens no more, and the watch is silent and open: a renewal fails, which is no failure of the name.
        server.StopListening();
        await watcher.PassRenewalAsync();
        await watcher.Time.WaitForTimerAsync(0.5, 1);
        Assert.Empty(watcher.Rest());
        Assert.Contains(watcher.Log.Of(Microsoft.Extensions.Logging.LogLevel.Warning), line => line.Contains("could not be renewed", StringComparison.Ordinal));

        // Then FIN. The watch had lived long, so it is asked for at once; that is refused, and told.
        ended.SetResult();
        await watcher.Time.PassTimerAsync(0, 0.25);
        await watcher.NextFailsAsync("refused the connection");
        await watcher.PassBackoffAsync();
    }

    [Theory]
    [MemberData(nameof(Questions.WatchingModes), MemberType = typeof(Questions))]
    public async Task Scenario27_NamerdRestarts_SameSetIsSeenAgain(NamerdMode mode)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, mode);
        await watcher.NextIsAsync(1);

        await namerd.StopAsync();
        await watcher.NextFailsAsync("the connection");
        await watcher.PassBackoffsUntilAsync(seen => seen is Resolution.Failed failed && failed.Error.Contains("refused the connection", StringComparison.Ordinal));
        await namerd.StartAgainAsync();

        await watcher.PassBackoffsUntilAsync(seen => seen.Equals(Watcher.Bound(1)));

        // In the mode that binds, the leaf may be back before the tree.
        Assert.InRange(watcher.Log.Of(Microsoft.Extensions.Logging.LogLevel.Information).Count, mode == NamerdMode.Bind ? 1 : 2, 2);
    }
}
