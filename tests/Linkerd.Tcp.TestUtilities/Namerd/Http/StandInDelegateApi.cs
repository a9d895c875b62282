using System.Text.Json;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.TestUtilities;

/// <summary><c>/api/1/delegate</c>, in a namespace and without one. It is never a watch.</summary>
internal sealed class StandInDelegateApi(StandInWorld world, TimeProvider time)
{
    private const string Endpoint = "/api/1/delegate";
    private const string Json = "application/json";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static bool Knows(string path) => path.StartsWith(Endpoint, StringComparison.Ordinal);

    /// <returns>Whether the connection can go on.</returns>
    public async Task<bool> AnswerAsync(StandInRequest request, StandInConnection connection, CancellationToken cancellationToken)
    {
        // Without a namespace too the path of the query is read first, though of a POST it is the one in the body that counts.
        var query = NameQuery.Read(request, Endpoint, readsDtab: true);
        var reply = query.IsWithoutNamespace ? await AnswerAsync(request, cancellationToken) : query.Refusal ?? await DelegateAsync(query, cancellationToken);
        return await connection.ReplyAsync(reply, request, cancellationToken);
    }

    // What the request adds is printed and read once more, with weights of two decimals.
    private Task<StandInReply> DelegateAsync(NameQuery query, CancellationToken cancellationToken) =>
        DelegateAsync(query.Namespace, query.Name, StandInDtab.Parse(query.Extra.Printed.ToString(NameTreeFormat.Namerd)), cancellationToken);

    private async Task<StandInReply> AnswerAsync(StandInRequest request, CancellationToken cancellationToken)
    {
        switch (request.Method)
        {
            case "GET":
                return await DelegateAsync(request.Query("namespace"), request.Query("path")!, request.Query("dtab") ?? string.Empty, cancellationToken);
            case "POST" when request.Headers.GetValueOrDefault("Content-Type") != Json:
                return new StandInReply(415);
            case "POST":
                return TryReadBody(request.Body, out var ns, out var path, out var dtab)
                    ? await DelegateAsync(ns, path, dtab, cancellationToken)
                    : new StandInReply(400, $"Malformed delegation request: {request.Body}");
            default:
                return new StandInReply(405);
        }
    }

    private async Task<StandInReply> DelegateAsync(string? ns, string path, string dtab, CancellationToken cancellationToken)
    {
        StandInDtab extra;
        try
        {
            extra = StandInDtab.Parse(dtab);
        }
        catch (NameSyntaxException exception)
        {
            return new StandInReply(400, $"Invalid dtab: {exception.Message}");
        }

        try
        {
            return await DelegateAsync(ns, DstPath.Parse(path), extra, cancellationToken);
        }
        catch (NameSyntaxException exception)
        {
            return new StandInReply(400, $"Invalid path: {exception.Message}");
        }
    }

    private async Task<StandInReply> DelegateAsync(string? ns, DstPath name, StandInDtab extra, CancellationToken cancellationToken)
    {
        if (ns is not null && world.Status(ns, name) is { } status)
        {
            return new StandInReply(status.Status, status.Body);
        }

        using var watch = world.Start(new DelegateWatch(world, ns, name, extra));
        try
        {
            var answer = await watch.Events.ReadAsync(cancellationToken).AsTask().WaitAsync(Patience, time, cancellationToken);
            return answer.IsError ? StandInReply.Thrown : new StandInReply(200, answer.Text, Json);
        }
        catch (TimeoutException)
        {
            return new StandInReply(503, "Request timed out.");
        }
    }

    private static bool TryReadBody(string body, out string? ns, out string path, out string dtab)
    {
        (ns, path, dtab) = (null, string.Empty, string.Empty);
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            ns = root.TryGetProperty("namespace", out var member) ? member.GetString() : null;
            (path, dtab) = (root.GetProperty("path").GetString()!, root.GetProperty("dtab").GetString()!);
            return path is not null && dtab is not null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }
    }
}
