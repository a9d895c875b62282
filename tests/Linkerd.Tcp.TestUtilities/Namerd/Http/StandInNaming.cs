namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>/api/1/bind</c>, <c>addr</c> and <c>resolve</c>, plain and watched.</summary>
internal sealed class StandInNaming(StandInWorld world, StandInCounters counters)
{
    private const string Bind = "/api/1/bind";
    private const string Addr = "/api/1/addr";
    private const string Resolve = "/api/1/resolve";

    /// <summary>Whether a path is about one of the three, which goes by its beginning alone.</summary>
    public static bool Knows(string path) => EndpointOf(path) is not null;

    /// <returns>Whether the connection can go on.</returns>
    public async Task<bool> AnswerAsync(StandInRequest request, StandInConnection connection, CancellationToken cancellationToken)
    {
        var endpoint = EndpointOf(request.Path)!;
        var query = NameQuery.Read(request, endpoint, readsDtab: endpoint != Addr);
        var reply = query.Refusal ?? Status(endpoint, query);
        if (reply is null)
        {
            // Of the three only resolve says what it sends.
            var contentType = endpoint == Resolve ? "application/json" : null;
            using var watch = Watch(endpoint, query);
            if (request.IsTrue("watch"))
            {
                return await new StandInStream(counters, request, connection).SendAsync(watch, contentType, cancellationToken);
            }

            var first = await watch.Events.ReadAsync(cancellationToken);
            reply = first.IsError ? StandInReply.Thrown : new StandInReply(200, first.Text + "\n", contentType);
        }

        return await connection.ReplyAsync(reply, request, cancellationToken);
    }

    private StandInWatch<StandInEvent> Watch(string endpoint, NameQuery query) => endpoint switch
    {
        Bind => world.Start(new BindWatch(world, query.Namespace, query.Name, query.Extra)),
        Addr => world.Start(new AddrWatch(world, query.Name)),
        _ => world.Start(new ResolveWatch(world, query.Namespace, query.Name, query.Extra)),
    };

    private StandInReply? Status(string endpoint, NameQuery query)
    {
        var status = endpoint == Addr ? world.Status(query.Name) : world.Status(query.Namespace, query.Name);
        return status is null ? null : new StandInReply(status.Status, status.Body);
    }

    private static string? EndpointOf(string path) =>
        path.StartsWith(Bind, StringComparison.Ordinal) ? Bind
        : path.StartsWith(Addr, StringComparison.Ordinal) ? Addr
        : path.StartsWith(Resolve, StringComparison.Ordinal) ? Resolve
        : null;
}
