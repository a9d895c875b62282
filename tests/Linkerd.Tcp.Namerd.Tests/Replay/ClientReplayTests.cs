using System.Threading.Channels;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Every recorded exchange about <c>/api/1/resolve</c>, played to the client byte for byte, with its recorded end.</summary>
public sealed class ClientReplayTests
{
    public static TheoryData<string> Captures => Capture.Names;

    [Theory]
    [MemberData(nameof(Captures))]
    public Task Replay_AsRecorded_EachResolutionIsSeen(string capture) => ReplayAsync(Capture.Get(capture), wrap: null);

    [Theory]
    [MemberData(nameof(Captures))]
    public Task Replay_OneByteARead_EachResolutionIsSeen(string capture) => ReplayAsync(Capture.Get(capture), wrap: stream => new OneByteStream(stream));

    private static async Task ReplayAsync(Capture capture, Func<Stream, Stream>? wrap)
    {
        // Answers on one connection to requests that came one after the other: this client asks each of them anew, on a connection of its own.
        var reads = capture.Reads.ToList();
        var connections = capture.RequestCount == 1 ? [reads] : reads.Select(read => new List<string> { read }).ToList();
        Assert.Equal(capture.RequestCount, connections.Count);
        var steps = connections.Select(_ => Channel.CreateUnbounded<string>()).ToList();
        await using var server = RawServer.Start(connection => PlayAsync(connection, steps[connection.Index].Reader));
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
                Assert.IsType<Resolution.Pending>(await watcher.NextAsync());
            }
        }

        Assert.Empty(watcher.Rest());
    }

    private static async Task PlayAsync(RawConnection connection, ChannelReader<string> steps)
    {
        await connection.ReadRequestAsync();
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
