using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What a request asks of which name, or why it is refused.</summary>
internal sealed record NameQuery(string Namespace, DstPath Name, StandInDtab Extra, StandInReply? Refusal)
{
    /// <summary>Whether there is a path but no namespace: not for all endpoints a reason to refuse it.</summary>
    public bool IsWithoutNamespace { get; private init; }

    /// <summary>Reads a request, in namerd's order: the path before the namespace, and that before the dtab.</summary>
    /// <param name="request">The request.</param>
    /// <param name="endpoint">The beginning of its path that was recognised.</param>
    /// <param name="readsDtab">Whether the endpoint has a look at the parameter <c>dtab</c>.</param>
    public static NameQuery Read(StandInRequest request, string endpoint, bool readsDtab)
    {
        if (request.Query("path") is not { } text)
        {
            return Refused(StandInReply.Thrown);
        }

        if (!TryParse(text, out var name, out var error))
        {
            return Refused(new StandInReply(400, $"Invalid path: {text} / {error}"));
        }

        if (!request.Path.StartsWith(endpoint + "/", StringComparison.Ordinal))
        {
            return Refused(new StandInReply(404)) with { IsWithoutNamespace = true };
        }

        try
        {
            var extra = readsDtab && request.Query("dtab") is { } dtab ? StandInDtab.Parse(dtab) : StandInDtab.Nothing;
            return new(request.Path[(endpoint.Length + 1)..], name, extra, Refusal: null);
        }
        catch (NameSyntaxException)
        {
            return Refused(StandInReply.Thrown);
        }
    }

    private static NameQuery Refused(StandInReply reply) => new(string.Empty, DstPath.Root, StandInDtab.Nothing, reply);

    private static bool TryParse(string text, out DstPath name, out string error)
    {
        try
        {
            (name, error) = (DstPath.Parse(text), string.Empty);
            return true;
        }
        catch (NameSyntaxException exception)
        {
            (name, error) = (DstPath.Root, exception.Message);
            return false;
        }
    }
}
