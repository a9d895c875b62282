using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Sends a watch: the headers at once, then each event as one chunk, until an error or the end of the connection.</summary>
internal sealed class StandInStream(StandInCounters counters, StandInRequest request, StandInConnection connection)
{
    /// <returns>Whether the connection can go on.</returns>
    public async Task<bool> SendAsync(StandInWatch<StandInEvent> watch, string? contentType, CancellationToken cancellationToken)
    {
        var isHead = request.Method == "HEAD";
        var encoding = isHead || contentType is null ? null : request.Encoding;
        await connection.SendAsync(Encoding.Latin1.GetBytes(Head(contentType, encoding, isHead)), cancellationToken);
        if (isHead)
        {
            return false;
        }

        using var open = counters.OpenWatch();
        using var chunk = new MemoryStream();
        await using var body = encoding is null ? chunk : StandInReply.Encoder(chunk, encoding);
        await foreach (var next in watch.Events.ReadAllAsync(cancellationToken))
        {
            await body.WriteAsync(Encoding.UTF8.GetBytes(next.Text + "\n"), cancellationToken);
            await body.FlushAsync(cancellationToken);
            counters.Event();
            await connection.SendChunkAsync(chunk.GetBuffer().AsMemory(0, (int)chunk.Length), cancellationToken);
            chunk.SetLength(0);
        }

        await connection.SendAsync("0\r\n\r\n"u8.ToArray(), cancellationToken);
        return !request.WantsClose;
    }

    private string Head(string? contentType, string? encoding, bool isHead) =>
        StandInReply.StatusLine(200)
        + (request.WantsClose || isHead ? "Connection: close\r\n" : string.Empty)
        + (contentType is null ? string.Empty : $"Content-Type: {contentType}\r\n")
        + (isHead ? string.Empty : encoding is null ? "Transfer-Encoding: chunked\r\n" : $"content-encoding: {encoding}\r\ntransfer-encoding: chunked\r\n")
        + "\r\n";
}
