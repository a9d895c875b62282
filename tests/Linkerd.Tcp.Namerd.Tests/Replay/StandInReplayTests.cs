using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Every recorded request, sent to the stand-in as it was sent to namerd: status, headers that carry meaning, chunks and bodies are the same.</summary>
public sealed class StandInReplayTests
{
    // A tenth of the draws falls on the branch of weight 1 in 10; the seed makes the number of tries always the same.
    private const int MostDraws = 200;

    public static TheoryData<string> Captures => Capture.AllNames;

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task StandIn_SameRequest_AnswersAsNamerdDid(string name)
    {
        var capture = Capture.Get(name);

        // Of a union with a pending branch a draw may wait for ever; with this seed it does not.
        await using var namerd = await NamerdStandIn.StartAsync(seed: capture.Name.Contains("pending branch", StringComparison.Ordinal) ? 3UL : 1UL);
        CapturedWorld.Furnish(namerd, capture);
        if (capture.From == "dtabs")
        {
            // Each of these is about what the ones before it wrote.
            foreach (var earlier in Capture.Before(capture))
            {
                await CompareAsync(namerd, earlier);
            }
        }

        string? difference = null;
        for (var draw = 0; draw < (capture.IsWatch || capture.From == "dtabs" ? 1 : MostDraws); draw++)
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
        var steps = CapturedWorld.StepsOf(capture).ToList();
        var sent = 0;
        var (got, expected) = (string.Empty, string.Empty);
        await SendAsync(socket, capture.Sent[sent++]);
        if (capture.IsOfSilentDns && !capture.Name.StartsWith("delegate", StringComparison.Ordinal))
        {
            // Nothing comes, or a watch's headers alone, until DNS has given up. What delegate says it says before that.
            await namerd.WaitForRequestsAsync(1, TestContext.Current.CancellationToken);
            got = capture.IsWatch ? await ReadUntilAsync(socket, got, text => text.Contains("\r\n\r\n", StringComparison.Ordinal)) : got;
            CapturedWorld.SettleDns(namerd);
        }

        for (var i = 0; i <= steps.Count; i++)
        {
            // What came in several reads may as well come in one; but it comes before the next thing is done or sent.
            if (i < steps.Count && steps[i].Data is { } data)
            {
                expected += data;
                if (sent == capture.Sent.Count)
                {
                    continue;
                }
            }

            got = await ReadUntilAsync(socket, got, text => Canonical(text, capture) == Canonical(expected, capture) || (!capture.IsWatch && IsWhole(text, expected, capture)));
            if (Canonical(got, capture) != Canonical(expected, capture))
            {
                return $"namerd:\n{Canonical(expected, capture)}\n\nstand-in:\n{Canonical(got, capture)}";
            }

            if (sent < capture.Sent.Count)
            {
                await SendAsync(socket, capture.Sent[sent++]);
            }

            if (i < steps.Count && steps[i].Did is { } did)
            {
                CapturedDeeds.Do(namerd, capture, did);
            }
        }

        if (capture.End == "FIN")
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        }

        if (capture.IsWatch && !IsHead(capture) && HttpAnswer.Parse(expected) is [{ Headers: var headers, Pieces: var chunks }] && headers.ContainsKey("transfer-encoding"))
        {
            // No event more than namerd's: equal states were sent once.
            Assert.Equal(chunks.Count, namerd.EventCount);
        }

        return null;
    }

    private static string Canonical(string bytes, Capture capture)
    {
        var listsAreSets = capture.Name.StartsWith("bound-names", StringComparison.Ordinal) || capture.Name == "dtabs watch";
        return string.Join("\n---\n", HttpAnswer.Parse(bytes, IsHead(capture)).Select(answer => answer.Canonical(listsAreSets)));
    }

    private static bool IsWhole(string bytes, string expected, Capture capture) =>
        HttpAnswer.Parse(bytes, IsHead(capture)) is var answers && answers.Count == HttpAnswer.Parse(expected, IsHead(capture)).Count && answers.TrueForAll(answer => answer.IsComplete);

    private static bool IsHead(Capture capture) => capture.Sent[0].StartsWith("HEAD", StringComparison.Ordinal);

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
