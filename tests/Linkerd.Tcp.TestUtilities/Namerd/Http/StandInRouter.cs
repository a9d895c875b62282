using System.Buffers.Binary;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Sends each request where namerd does: by the prefix of the raw path, in a fixed order.</summary>
internal sealed class StandInRouter(StandInWorld world, StandInCounters counters)
{
    private readonly StandInResolve _resolve = new(world, counters);

    /// <summary>Answers a request; false where the connection has to be closed.</summary>
    public async Task<bool> AnswerAsync(StandInRequest request, StandInConnection connection, CancellationToken cancellationToken)
    {
        counters.Request($"{request.Method} {request.Target}", request.Headers);
        if (request.Path.StartsWith("/api/1/resolve", StringComparison.Ordinal))
        {
            return await _resolve.AnswerAsync(request, connection, cancellationToken);
        }

        await connection.SendAsync(Answer(request).ToBytes(request, out var close), cancellationToken);
        return !close;
    }

    private StandInReply Answer(StandInRequest request)
    {
        if (request.Path is "/api/1/dtabs" or "/api/1/dtabs/")
        {
            return new StandInReply(200, $"[{string.Join(',', world.Namespaces().Select(NamerdJson.Quote))}]\n", "application/json");
        }

        if (request.Path.StartsWith("/api/1/dtabs/", StringComparison.Ordinal))
        {
            return world.Dtab(request.Path["/api/1/dtabs/".Length..]) is { } dtab && request.Method is "GET" or "HEAD" ? Dtab(dtab.Text, dtab.Version) : new StandInReply(404);
        }

        // bind, addr, delegate and bound-names: a client that asks for these learns that it asked the wrong server.
        return request.Path.StartsWith("/api/1/", StringComparison.Ordinal) ? new StandInReply(501, "the stand-in answers resolve and dtabs") : new StandInReply(404);
    }

    // The text as it was set; namerd prints it anew.
    private static StandInReply Dtab(string text, long version)
    {
        var etag = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(etag, version);
        return new StandInReply(200, text + "\n", "application/dtab") { Headers = [("Etag", Convert.ToBase64String(etag))] };
    }
}
