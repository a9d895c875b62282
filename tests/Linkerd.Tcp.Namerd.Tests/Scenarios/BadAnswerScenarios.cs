using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Scenario 12: answers that are none.</summary>
public sealed class BadAnswerScenarios
{
    public static TheoryData<Asked, string, string, string> BadAnswers => Combine(Questions.All);

    public static TheoryData<Asked, string, string, string> BadAnswersToPolls => Combine(Questions.Polled);

    private static readonly (string What, string Answer, string Expected)[] Answers =
    [
        ("500 empty, no length", NamerdHttp.Thrown, "500 Internal Server Error"),
        ("404 empty", NamerdHttp.Answer("", "404 Not Found", ""), "is this its HTTP interface"),
        ("400 text", NamerdHttp.Answer("Invalid path: x / '/' expected", "400 Bad Request", ""), "Invalid path: x"),
        ("503 text", NamerdHttp.Answer("Request timed out.", "503 Service Unavailable", ""), "503 Service Unavailable: 'Request timed out.'"),
        ("302", NamerdHttp.Answer("", "302 Found", "Location: http://127.0.0.1:1/\r\n"), "302 Found to http://127.0.0.1:1/; redirects are not followed"),
        ("200 empty", NamerdHttp.Answer(""), "with nothing"),
        ("200 empty chunked", NamerdHttp.WatchHead + NamerdHttp.LastChunk, "ended its answer"),
        ("200 HTML", NamerdHttp.Answer("<html>\n<body>hello</body></html>", headers: "Content-Type: text/html\r\n"), "'<html>'"),
        ("200 HTML chunked", NamerdHttp.WatchHead + NamerdHttp.Chunk("<html>\n<body>hello</body></html>\n") + NamerdHttp.LastChunk, "'<html>'"),
        ("200 garbage", NamerdHttp.WatchHead + NamerdHttp.Chunk("\0\u0001\u0002\u00ff\n") + NamerdHttp.LastChunk, "text in place of a JSON document"),
        ("200 truncated JSON", NamerdHttp.WatchHead + NamerdHttp.Chunk("{\"type\":\"bound\",\"addrs\":[") + NamerdHttp.LastChunk, "cannot be read"),
        ("200 JSON of others", NamerdHttp.WatchHead + NamerdHttp.Chunk("{\"type\":{},\"x\":1}\n") + NamerdHttp.LastChunk, "it has no 'type'"),
        ("200 gzip", NamerdHttp.Answer("xyz", headers: "content-encoding: gzip\r\n"), "encoding 'gzip'"),
        ("not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP/1.1"),
        ("closes at once", "", "closed the connection in the middle of its answer"),
    ];

    // What says nothing about the name: one request finds out for all names how it is now, and sooner.
    private static readonly HashSet<string> AboutNamerd = ["404 empty", "503 text", "302", "200 gzip", "not HTTP", "closes at once"];

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task Scenario12_BadAnswer_FailedOnceAndAskedAgainWithGrowingDelays(Asked asked, string what, string answer, string expected)
    {
        await using var server = ScriptServer.Answering(asked, answer);
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Unchecked);

        await watcher.NextFailsAsync(expected);
        var most = AboutNamerd.Contains(what) ? 10.0 : 60.0;
        var ceiling = 1.0;
        for (var requests = 1; requests < 8; requests++)
        {
            var delay = await watcher.Time.PassTimerAsync(ceiling / 2, ceiling);
            Assert.InRange(delay.TotalSeconds, ceiling / 2, ceiling);
            await server.WaitForRequestsAsync(requests + 1, TestContext.Current.CancellationToken);
            ceiling = Math.Min(most, ceiling * 2);
        }

        await watcher.Time.WaitForTimerAsync(most / 2, most);
        Assert.True(watcher.Rest().Count == 0, $"{what}: the same failure was given again");
        Assert.True(server.Requests.Count <= 9, $"{what}: asked {server.Requests.Count} times");
    }

    [Theory]
    [MemberData(nameof(BadAnswersToPolls))]
    public async Task Scenario12_BadAnswerToAPoll_Failed(Asked asked, string what, string answer, string expected)
    {
        await using var server = ScriptServer.Answering(asked, answer);
        await using var watcher = new Watcher(server.BaseAddress, asked, change: Watcher.Polling);

        var error = await watcher.NextFailsAsync();
        Assert.True(what is "200 empty chunked" || error.Contains(expected, StringComparison.Ordinal), error);
        await watcher.PassBackoffAsync();
        await server.WaitForRequestsAsync(2, TestContext.Current.CancellationToken);
    }

    private static TheoryData<Asked, string, string, string> Combine(TheoryData<Asked> questions)
    {
        var data = new TheoryData<Asked, string, string, string>();
        foreach (var asked in questions)
        {
            foreach (var (what, answer, expected) in Answers)
            {
                data.Add(asked.Data, what, answer, expected);
            }
        }

        return data;
    }
}
