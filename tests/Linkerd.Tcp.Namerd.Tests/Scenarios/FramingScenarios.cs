using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Scenario 13: documents cut and joined in every way on the wire.</summary>
public sealed class FramingScenarios
{
    private static readonly string First = NamerdHttp.Bound(1);
    private static readonly string Second = NamerdHttp.Bound(2);

    public static TheoryData<string, string[]> Framings => new()
    {
        { "split across chunks", [NamerdHttp.Chunk(First[..10]), NamerdHttp.Chunk(First[10..]), NamerdHttp.Chunk(Second[..1]), NamerdHttp.Chunk(Second[1..])] },
        { "several in one chunk", [NamerdHttp.Chunk(First + Second)] },
        { "CRLF", [NamerdHttp.Chunk(First.Replace("\n", "\r\n", StringComparison.Ordinal)), NamerdHttp.Chunk(Second.Replace("\n", "\r\n", StringComparison.Ordinal))] },
        { "blank lines", [NamerdHttp.Chunk("\n\n" + First + "\n \n\t\n" + Second)] },
        { "no newline between", [NamerdHttp.Chunk(First.TrimEnd() + Second.TrimEnd())] },
        { "no final newline at the end", [NamerdHttp.Chunk(First + Second.TrimEnd()) + NamerdHttp.LastChunk] },
        { "newline in a chunk of its own", [NamerdHttp.Chunk(First.TrimEnd()), NamerdHttp.Chunk("\n"), NamerdHttp.Chunk(Second)] },
        { "chunk sizes in capitals, with zeros and an extension", [$"000{First.Length:X};a=b\r\n{First}\r\n{Second.Length:X}\r\n{Second}\r\n"] },
    };

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Scenario13_Framing_DoesNotMatter(string what, string[] writes)
    {
        await using var server = RawServer.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.WatchHead);
            foreach (var write in writes)
            {
                await connection.SendAsync(write);
            }

            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress);

        var seen = await watcher.NextAsync();
        seen = seen == Watcher.Bound(1) ? await watcher.NextAsync() : seen;
        Assert.True(seen == Watcher.Bound(2), what);
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Scenario13_OneByteAtATime_EveryDocumentIsSeen(string what, string[] writes)
    {
        await using var server = RawServer.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendByteByByteAsync(NamerdHttp.WatchHead + string.Concat(writes));
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress, wrap: stream => new OneByteStream(stream));

        var seen = await watcher.NextAsync();
        seen = seen == Watcher.Bound(1) ? await watcher.NextAsync() : seen;
        Assert.True(seen == Watcher.Bound(2), what);
    }

    [Fact]
    public async Task Scenario13_BodyThatEndsWithTheConnection_IsAStreamToo()
    {
        await using var server = RawServer.Start(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + First);
            await connection.SendAsync(Second.TrimEnd());
            await connection.WaitForCloseAsync();
        });
        await using var watcher = new Watcher(server.BaseAddress);

        var seen = await watcher.NextAsync();
        Assert.Equal(Watcher.Bound(2), seen == Watcher.Bound(1) ? await watcher.NextAsync() : seen);
    }
}
