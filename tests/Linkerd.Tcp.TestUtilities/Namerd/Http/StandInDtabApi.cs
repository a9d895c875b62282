using System.Buffers.Binary;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>/api/1/dtabs</c>: the list of namespaces, and the dtab of one, read, written and watched.</summary>
internal sealed class StandInDtabApi(StandInWorld world, StandInCounters counters, TimeProvider time)
{
    private const string List = "/api/1/dtabs";
    private static readonly TimeSpan ListInterval = TimeSpan.FromSeconds(1);

    public static bool Knows(string path) => path == List || path.StartsWith(List + "/", StringComparison.Ordinal);

    /// <returns>Whether the connection can go on.</returns>
    public async Task<bool> AnswerAsync(StandInRequest request, StandInConnection connection, CancellationToken cancellationToken)
    {
        var ns = request.Path.Length > List.Length ? request.Path[(List.Length + 1)..] : string.Empty;
        var isWatch = request.IsTrue("watch");
        if (ns.Length == 0 && isWatch)
        {
            // The store looks at itself once a second; the order is that of a set.
            using var list = world.Start(new ListWatch(world, world.NamespacesNow, namespaces => Print(namespaces.OrderDescending(StringComparer.Ordinal))));
            await using var timer = time.CreateTimer(_ => world.LookAgain(list), null, ListInterval, ListInterval);
            return await new StandInStream(counters, request, connection).SendAsync(list, DtabCodec.Json, cancellationToken);
        }

        if (ns.Length > 0 && isWatch && request.Method == "GET")
        {
            var type = DtabCodec.Accepted(request);
            using var watch = world.Start(new DtabWatch(world, ns, dtab => DtabCodec.Print(dtab, type)));
            return await new StandInStream(counters, request, connection).SendAsync(watch, type, cancellationToken);
        }

        var reply = ns.Length == 0 ? new StandInReply(200, Print(world.Namespaces()) + "\n", DtabCodec.Json) : Answer(request, ns);
        return await connection.ReplyAsync(reply, request, cancellationToken);
    }

    private StandInReply Answer(StandInRequest request, string ns) => request.Method switch
    {
        "GET" or "HEAD" => Get(request, ns),
        "PUT" => Put(request, ns),
        "POST" => Post(request, ns),
        "DELETE" => new StandInReply(world.TrySetDtab(ns, dtab: null, found => found is not null) ? 204 : 404),
        _ => new StandInReply(404),
    };

    private StandInReply Get(StandInRequest request, string ns)
    {
        if (world.Dtab(ns) is not { } dtab)
        {
            return new StandInReply(404);
        }

        var type = DtabCodec.Accepted(request);
        var reply = request.Method == "HEAD" ? new StandInReply(200) : new StandInReply(200, DtabCodec.Print(dtab.Dtab.Printed, type) + "\n", type);
        return reply with { Headers = [("Etag", Convert.ToBase64String(Version(dtab)))] };
    }

    private StandInReply Put(StandInRequest request, string ns)
    {
        if (DtabCodec.Read(request, out var dtab) is { } error)
        {
            // Of what is no JSON, or null in it, namerd does not say what is wrong.
            return new StandInReply(400, error.IsText ? error.Message : string.Empty);
        }

        if (request.Headers.GetValueOrDefault("If-Match") is not { } stamp)
        {
            world.SetDtab(ns, dtab);
            return new StandInReply(204);
        }

        if (DtabCodec.DecodeLeniently(stamp) is not { } version)
        {
            return StandInReply.Thrown;
        }

        var status = 404;
        return new StandInReply(world.TrySetDtab(ns, dtab, found => found is not null && version.AsSpan().SequenceEqual(Version(found, out status))) ? 204 : status);
    }

    private StandInReply Post(StandInRequest request, string ns) =>
        DtabCodec.Read(request, out var dtab) is { } error ? new StandInReply(400, error.IsNull ? error.Message : string.Empty)
        : new StandInReply(world.TrySetDtab(ns, dtab, found => found is null) ? 204 : 409);

    private static byte[] Version(VersionedDtab dtab, out int statusIfOther)
    {
        statusIfOther = 412;
        return Version(dtab);
    }

    private static byte[] Version(VersionedDtab dtab)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, dtab.Version);
        return bytes;
    }

    private static string Print(IEnumerable<string> namespaces) => $"[{string.Join(',', namespaces.Select(NamerdJson.Quote))}]";
}
