using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Scenario 13: documents cut and joined in every way on the wire.</summary>
public sealed class FramingScenarios
{
    public static TheoryData<Asked, string, string[]> Framings
    {
        get
        {
            var data = new TheoryData<Asked, string, string[]>();
            foreach (var asked in Questions.All)
            {
                foreach (var (what, writes) in Frame(asked.Data.Document(1), asked.Data.Document(2)))
                {
                    data.Add(asked.Data, what, writes);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Scenario13_Framing_DoesNotMatter(Asked asked, string what, string[] writes)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead);
            foreach (var write in writes)
            {
                await connection.SendAsync(write);
            }

            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);

        var seen = await watcher.NextAsync();
        seen = seen.Equals(Watcher.Bound(1)) ? await watcher.NextAsync() : seen;
        Assert.True(seen.Equals(Watcher.Bound(2)), what);
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Scenario13_OneByteAtATime_EveryDocumentIsSeen(Asked asked, string what, string[] writes)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendByteByByteAsync(NamerdHttp.WatchHead + string.Concat(writes));
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, wrap: stream => new OneByteStream(stream));

        var seen = await watcher.NextAsync();
        seen = seen.Equals(Watcher.Bound(1)) ? await watcher.NextAsync() : seen;
        Assert.True(seen.Equals(Watcher.Bound(2)), what);
    }

    [Theory]
    [MemberData(nameof(Questions.All), MemberType = typeof(Questions))]
    public async Task Scenario13_BodyThatEndsWithTheConnection_IsAStreamToo(Asked asked)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + asked.Document(1));
            await connection.SendAsync(asked.Document(2).TrimEnd());
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, asked);

        var seen = await watcher.NextAsync();
        Assert.Equal(Watcher.Bound(2), seen.Equals(Watcher.Bound(1)) ? await watcher.NextAsync() : seen);
    }

    private static (string What, string[] Writes)[] Frame(string first, string second) =>
    [
        ("split across chunks", [NamerdHttp.Chunk(first[..10]), NamerdHttp.Chunk(first[10..]), NamerdHttp.Chunk(second[..1]), NamerdHttp.Chunk(second[1..])]),
        ("several in one chunk", [NamerdHttp.Chunk(first + second)]),
        ("CRLF", [NamerdHttp.Chunk(first.Replace("\n", "\r\n", StringComparison.Ordinal)), NamerdHttp.Chunk(second.Replace("\n", "\r\n", StringComparison.Ordinal))]),
        ("blank lines", [NamerdHttp.Chunk("\n\n" + first + "\n \n\t\n" + second)]),
        ("no newline between", [NamerdHttp.Chunk(first.TrimEnd() + second.TrimEnd())]),
        ("no final newline at the end", [NamerdHttp.Chunk(first + second.TrimEnd()) + NamerdHttp.LastChunk]),
        ("newline in a chunk of its own", [NamerdHttp.Chunk(first.TrimEnd()), NamerdHttp.Chunk("\n"), NamerdHttp.Chunk(second)]),
        ("chunk sizes in capitals, with zeros and an extension", [$"000{first.Length:X};a=b\r\n{first}\r\n{second.Length:X}\r\n{second}\r\n"]),
    ];
}
