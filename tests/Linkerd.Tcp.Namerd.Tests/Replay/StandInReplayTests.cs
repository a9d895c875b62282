using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Every recorded request about <c>/api/1/resolve</c>, sent to the stand-in as it was sent to namerd: status, headers that carry meaning, chunks and bodies are the same.</summary>
public sealed class StandInReplayTests
{
    // A tenth of the draws falls on the branch of weight 1 in 10; the seed makes the number of tries always the same.
    private const int MostDraws = 200;

    public static TheoryData<string> Captures => Capture.Names;

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task StandIn_SameRequest_AnswersAsNamerdDid(string name)
    {
        var capture = Capture.Get(name);
        await using var namerd = await NamerdStandIn.StartAsync();
        CapturedWorld.Furnish(namerd, capture);

        string? difference = null;
        for (var draw = 0; draw < (capture.IsWatch ? 1 : MostDraws); draw++)
        {
            difference = await CompareAsync(namerd, capture);
            if (difference is null)
            {
                return;
            }
        }

        Assert.Fail(difference);
    }

    private static async Task<string?> CompareAsync(NamerdStandIn namerd, Capture capture)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(namerd.EndPoint, TestContext.Current.CancellationToken);
        var isHead = capture.Sent[0].StartsWith("HEAD", StringComparison.Ordinal);
        var sent = 0;
        var (got, expected) = (string.Empty, string.Empty);
        await SendAsync(socket, capture.Sent[sent++]);
        if (capture.IsOfSilentDns)
        {
            // Nothing comes, or a watch's headers alone, until DNS has given up.
            await namerd.WaitForRequestsAsync(1, TestContext.Current.CancellationToken);
            got = capture.IsWatch ? await ReadUntilAsync(socket, got, text => text.Contains("\r\n\r\n", StringComparison.Ordinal)) : got;
            CapturedWorld.SettleDns(namerd);
        }

        for (var i = 0; i <= capture.Steps.Count; i++)
        {
            // What came in several reads may as well come in one; but it comes before the next thing is done or sent.
            if (i < capture.Steps.Count && capture.Steps[i].Data is { } data)
            {
                expected += data;
                if (sent == capture.Sent.Count)
                {
                    continue;
                }
            }

            got = await ReadUntilAsync(socket, got, text => Canonical(text, isHead) == Canonical(expected, isHead) || (!capture.IsWatch && IsWhole(text, expected, isHead)));
            if (Canonical(got, isHead) != Canonical(expected, isHead))
            {
                return $"namerd:\n{Canonical(expected, isHead)}\n\nstand-in:\n{Canonical(got, isHead)}";
            }

            if (sent < capture.Sent.Count)
            {
                await SendAsync(socket, capture.Sent[sent++]);
            }

            if (i < capture.Steps.Count && capture.Steps[i].Did is { } did)
            {
                CapturedWorld.Do(namerd, did);
            }
        }

        if (capture.End == "FIN")
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        }

        if (capture.IsWatch && !isHead && HttpAnswer.Parse(expected) is [{ Headers: var headers, Pieces: var chunks }] && headers.ContainsKey("transfer-encoding"))
        {
            // No event more than namerd's: equal states were sent once.
            Assert.Equal(chunks.Count, namerd.EventCount);
        }

        return null;
    }

    private static string Canonical(string bytes, bool isHead) => string.Join("\n---\n", HttpAnswer.Parse(bytes, isHead).Select(answer => answer.Canonical()));

    private static bool IsWhole(string bytes, string expected, bool isHead) =>
        HttpAnswer.Parse(bytes, isHead) is var answers && answers.Count == HttpAnswer.Parse(expected, isHead).Count && answers.TrueForAll(answer => answer.IsComplete);

    private static Task<int> SendAsync(Socket socket, string text) => socket.SendAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken).AsTask();

    private static async Task<string> ReadUntilAsync(Socket socket, string got, Func<string, bool> isEnough)
    {
        var buffer = new byte[64 * 1024];
        while (!isEnough(got))
        {
            var read = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
            if (read == 0)
            {
                break;
            }

            got += Encoding.Latin1.GetString(buffer, 0, read);
        }

        return got;
    }
}
