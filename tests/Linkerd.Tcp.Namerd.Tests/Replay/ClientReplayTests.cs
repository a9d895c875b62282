using System.Threading.Channels;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Every recorded exchange about <c>resolve</c>, <c>bind</c> and <c>addr</c>, played to the mode that asks it, byte for byte and with its recorded end.</summary>
public sealed class ClientReplayTests
{
    public static TheoryData<string> Captures => Capture.Names;

    [Theory]
    [MemberData(nameof(Captures))]
    public Task Replay_AsRecorded_EachResolutionIsSeen(string capture) => ReplayAsync(Capture.Get(capture), wrap: null);

    [Theory]
    [MemberData(nameof(Captures))]
    public Task Replay_OneByteARead_EachResolutionIsSeen(string capture) => ReplayAsync(Capture.Get(capture), wrap: stream => new OneByteStream(stream));

    public static TheoryData<string> CapturesInTwoSteps => Capture.NamesInTwoSteps;

    [Theory]
    [MemberData(nameof(CapturesInTwoSteps))]
    public Task ReplayOfTreesAndLeaves_AsRecorded_EachSetIsReached(string capture) => ReplayInTwoStepsAsync(Capture.Get(capture), wrap: null);

    [Theory]
    [MemberData(nameof(CapturesInTwoSteps))]
    public Task ReplayOfTreesAndLeaves_OneByteARead_EachSetIsReached(string capture) => ReplayInTwoStepsAsync(Capture.Get(capture), wrap: stream => new OneByteStream(stream));

    // A recorded bind is followed by the addresses that stand in it, one stream for each leaf; a recorded addr stands behind a tree of one leaf.
    private static async Task ReplayInTwoStepsAsync(Capture capture, Func<Stream, Stream>? wrap)
    {
        var isTree = capture.IsAbout("bind");
        var name = NameOf(capture);
        var steps = Channel.CreateUnbounded<string>();
        await using var leaves = new SnapshotLeaves();
        await using var server = RawServer.Start(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Contains(isTree ? "/bind/" : "/addr/", StringComparison.Ordinal))
                {
                    await PlayAsync(connection, steps.Reader, goesOn: !capture.IsWatch);
                }
                else if (isTree)
                {
                    await leaves.AnswerAsync(connection, request);
                }
                else
                {
                    await connection.SendAsync(Whole(request, Questions.Leaf(DstPath.Parse(name).ToString().Replace("\\", "\\\\", StringComparison.Ordinal))));
                }
            }
        });
        await using var watcher = new Watcher(server.BaseAddress, capture.IsWatch ? NamerdMode.Bind : NamerdMode.Poll, isTree ? name : "/svc/web", change: null, wrap);

        var got = string.Empty;
        Resolution? last = null;
        var isOpen = capture.End == "open";
        foreach (var read in capture.Reads)
        {
            got += read;
            leaves.Learn(isTree ? got : string.Empty);
            steps.Writer.TryWrite(read);
            if (isOpen && !capture.IsWatch && got.Length == capture.Reads.Sum(part => part.Length))
            {
                // The next poll may be sent on the same connection.
                steps.Writer.TryWrite("open");
            }

            last = await ReachAsync(watcher, Expected.Of(got, hasEnded: false, isTree).LastOrDefault(), last);
        }

        steps.Writer.TryWrite(capture.End);
        last = await ReachAsync(watcher, Expected.Of(got, hasEnded: !isOpen, isTree).LastOrDefault(), last);
        Assert.NotNull(last);
        Assert.All(watcher.Rest(), seen => Assert.Equal(last, seen));
    }

    private static string Whole(string request, string document) =>
        request.Contains("watch=true", StringComparison.Ordinal) ? NamerdHttp.WatchHead + NamerdHttp.Chunk(document) : NamerdHttp.Answer(document);

    private static async Task<Resolution?> ReachAsync(Watcher watcher, Resolution? expected, Resolution? last)
    {
        while (expected is not null && !Expected.IsMet(expected, last))
        {
            last = await watcher.NextAsync();
        }

        return last;
    }

    private static async Task ReplayAsync(Capture capture, Func<Stream, Stream>? wrap)
    {
        // Answers on one connection to requests that came one after the other: this client asks each of them anew, on a connection of its own.
        var reads = capture.Reads.ToList();
        var connections = capture.RequestCount == 1 ? [reads] : reads.Select(read => new List<string> { read }).ToList();
        Assert.Equal(capture.RequestCount, connections.Count);
        var steps = connections.Select(_ => Channel.CreateUnbounded<string>()).ToList();
        await using var server = RawServer.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await PlayAsync(connection, steps[connection.Index].Reader, goesOn: false);
        });
        await using var watcher = new Watcher(server.BaseAddress, NamerdMode.Resolve, NameOf(capture), change: null, wrap);
        foreach (var (connection, play) in connections.Zip(steps, (reads, channel) => (reads, channel.Writer)))
        {
            if (connection != connections[0])
            {
                await watcher.PassIntervalAsync();
            }

            var seen = 0;
            for (var read = 0; read < connection.Count; read++)
            {
                play.TryWrite(connection[read]);
                seen = await SeeAsync(watcher, Expected.Of(string.Concat(connection.Take(read + 1)), hasEnded: false), seen);
            }

            play.TryWrite(connection == connections[^1] ? capture.End : "open");
            seen = await SeeAsync(watcher, Expected.Of(string.Concat(connection), hasEnded: capture.End != "open"), seen);
            if (seen == 0)
            {
                // An answer to HEAD names a length and has no body: a client that asked with GET waits for it.
                await server.WaitForRequestsAsync(1, TestContext.Current.CancellationToken);
                await watcher.PassTimeoutAsync();
                await watcher.NextFailsAsync("did not answer");
            }
        }

        Assert.Empty(watcher.Rest());
    }

    private static async Task PlayAsync(RawConnection connection, ChannelReader<string> steps, bool goesOn)
    {
        while (true)
        {
            switch (await steps.ReadAsync(connection.Stopped))
            {
                case "FIN":
                    connection.Finish();
                    await connection.WaitForCloseAsync();
                    return;
                case "RST":
                    connection.Reset();
                    return;
                case "open" when goesOn:
                    return;
                case "open":
                    await connection.WaitForCloseAsync();
                    return;
                case var data:
                    await connection.SendAsync(data);
                    break;
            }
        }
    }

    private static async Task<int> SeeAsync(Watcher watcher, List<Resolution> expected, int seen)
    {
        for (; seen < expected.Count; seen++)
        {
            Expected.AssertMet(expected[seen], await watcher.NextAsync());
        }

        return seen;
    }

    private static string NameOf(Capture capture)
    {
        var query = capture.Sent[0].Split(' ')[1].Split("path=");
        var path = query.Length > 1 ? Uri.UnescapeDataString(query[1].Split('&')[0]) : string.Empty;
        return DstPath.TryParse(path, null, out _) ? path : "/svc/web";
    }
}
