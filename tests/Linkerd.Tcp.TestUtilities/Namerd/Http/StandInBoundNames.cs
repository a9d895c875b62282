namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>/api/1/bound-names</c>, plain and watched: what the fs namer can enumerate.</summary>
internal sealed class StandInBoundNames(StandInWorld world, StandInCounters counters)
{
    private const string Json = "application/json";

    public static bool Knows(StandInRequest request) => request is { Method: "GET", Path: "/api/1/bound-names" };

    /// <returns>Whether the connection can go on.</returns>
    public async Task<bool> AnswerAsync(StandInRequest request, StandInConnection connection, CancellationToken cancellationToken)
    {
        using var watch = world.Start(new ListWatch(world, world.FilesNow, Print));
        if (request.IsTrue("watch"))
        {
            return await new StandInStream(counters, request, connection).SendAsync(watch, Json, cancellationToken);
        }

        var names = await watch.Events.ReadAsync(cancellationToken);
        return await connection.ReplyAsync(new StandInReply(200, names.Text + "\n", Json), request, cancellationToken);
    }

    // namerd joins strings: for no names this makes one empty name.
    private static string Print(IEnumerable<string> files) => $"[\"{string.Join("\",\"", files.Select(file => $"/#/io.l5d.fs/{file}"))}\"]";
}
