using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>/api/1/resolve</c>, plain and watched.</summary>
internal sealed class StandInResolve(StandInWorld world, StandInCounters counters)
{
    private const string Prefix = "/api/1/resolve/";
    private const string Json = "application/json";

    public async Task<bool> AnswerAsync(StandInRequest request, StandInConnection connection, CancellationToken cancellationToken)
    {
        var refusal = Check(request, out var name, out var extra);
        if (refusal is null)
        {
            using var watch = world.Watch(request.Path[Prefix.Length..], name!, extra!);
            if (request.IsTrue("watch"))
            {
                return await StreamAsync(request, connection, watch, cancellationToken);
            }

            var first = await watch.Events.ReadAsync(cancellationToken);
            refusal = first.IsError ? StandInReply.Thrown : new StandInReply(200, first.Text + "\n", Json);
        }

        await connection.SendAsync(refusal.ToBytes(request, out var close), cancellationToken);
        return !close;
    }

    // In namerd's order: the path before the namespace, and that before the dtab.
    private StandInReply? Check(StandInRequest request, out DstPath? name, out StandInDtab? extra)
    {
        (name, extra) = (null, null);
        if (request.Query("path") is not { } path)
        {
            return StandInReply.Thrown;
        }

        try
        {
            name = DstPath.Parse(path);
        }
        catch (NameSyntaxException exception)
        {
            return new StandInReply(400, $"Invalid path: {path} / {exception.Message}");
        }

        if (!request.Path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return new StandInReply(404);
        }

        try
        {
            extra = StandInDtab.Parse(request.Query("dtab") ?? string.Empty);
        }
        catch (Exception exception) when (exception is FormatException or NameSyntaxException)
        {
            return StandInReply.Thrown;
        }

        return world.Status(request.Path[Prefix.Length..], name) is { } status ? new StandInReply(status.Status, status.Body) : null;
    }

    private async Task<bool> StreamAsync(StandInRequest request, StandInConnection connection, StandInWatch watch, CancellationToken cancellationToken)
    {
        var isHead = request.Method == "HEAD";
        var encoding = isHead ? null : request.Encoding;
        var head = StandInReply.StatusLine(200)
            + (request.WantsClose || isHead ? "Connection: close\r\n" : string.Empty)
            + $"Content-Type: {Json}\r\n"
            + (isHead ? string.Empty : encoding is null ? "Transfer-Encoding: chunked\r\n" : $"content-encoding: {encoding}\r\ntransfer-encoding: chunked\r\n")
            + "\r\n";
        await connection.SendAsync(Encoding.Latin1.GetBytes(head), cancellationToken);
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
            await connection.SendChunkAsync(chunk.ToArray(), cancellationToken);
            chunk.SetLength(0);
        }

        await connection.SendAsync("0\r\n\r\n"u8.ToArray(), cancellationToken);
        return !request.WantsClose;
    }
}
