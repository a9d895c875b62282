using System.Buffers.Binary;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Sends each request where namerd does: by the prefix of the raw path, in a fixed order.</summary>
internal sealed class StandInRouter(StandInWorld world, StandInCounters counters)
{
    private readonly StandInNaming _naming = new(world, counters);

    /// <summary>Answers a request; false where the connection has to be closed.</summary>
    public async Task<bool> AnswerAsync(StandInRequest request, StandInConnection connection, CancellationToken cancellationToken)
    {
        counters.Request($"{request.Method} {request.Target}", request.Headers);
        if (StandInNaming.Knows(request.Path))
        {
            return await _naming.AnswerAsync(request, connection, cancellationToken);
        }

        return await connection.ReplyAsync(Answer(request), request, cancellationToken);
    }

    private StandInReply Answer(StandInRequest request)
    {
        if (request.Path is "/api/1/dtabs" or "/api/1/dtabs/")
        {
            return new StandInReply(200, $"[{string.Join(',', world.Read(dtabs => dtabs.Namespaces).Select(NamerdJson.Quote))}]\n", "application/json");
        }

        if (request.Path.StartsWith("/api/1/dtabs/", StringComparison.Ordinal))
        {
            return world.Read(dtabs => dtabs.Get(request.Path["/api/1/dtabs/".Length..])) is { } dtab && request.Method is "GET" or "HEAD" ? Dtab(dtab.Text, dtab.Version) : new StandInReply(404);
        }

        return new StandInReply(404);
    }

    // The text as it was set; namerd prints it anew.
    private static StandInReply Dtab(string text, long version)
    {
        var etag = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(etag, version);
        return new StandInReply(200, text + "\n", "application/dtab") { Headers = [("Etag", Convert.ToBase64String(etag))] };
    }
}
