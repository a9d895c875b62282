using System.Net;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>The head of a request, as it came.</summary>
internal sealed record StandInRequest(string Method, string Target, Version Version, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The target up to the query, not decoded.</summary>
    public string Path => Target.Split('?')[0];

    public bool WantsClose => Version < HttpVersion.Version11 || Headers.GetValueOrDefault("Connection", string.Empty).Equals("close", StringComparison.OrdinalIgnoreCase);

    public long BodyLength => long.TryParse(Headers.GetValueOrDefault("Content-Length"), out var length) ? length : 0;

    public bool IsChunked => Headers.GetValueOrDefault("Transfer-Encoding", string.Empty).Contains("chunked", StringComparison.OrdinalIgnoreCase);

    public bool ExpectsContinue => Headers.GetValueOrDefault("Expect", string.Empty).Equals("100-continue", StringComparison.OrdinalIgnoreCase);

    /// <summary>The body as the handlers see it: empty where it came in chunks, or is larger than 5 MiB.</summary>
    public string Body { get; init; } = string.Empty;

    /// <summary>"gzip" or "deflate" where the client takes it, the first of the two in this order.</summary>
    public string? Encoding
    {
        get
        {
            var accepted = Headers.GetValueOrDefault("Accept-Encoding", string.Empty);
            return accepted.Contains("gzip", StringComparison.Ordinal) ? "gzip" : accepted.Contains("deflate", StringComparison.Ordinal) ? "deflate" : null;
        }
    }

    /// <summary>A parameter: the first of its name. '&amp;' and ';' separate, and '+' is a space. Null where it is missing.</summary>
    public string? Query(string name)
    {
        var query = Target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var mark ? Target[(mark + 1)..] : string.Empty;
        foreach (var pair in query.Split('&', ';'))
        {
            var parts = pair.Split('=', 2);
            if (Decode(parts[0]) == name)
            {
                return parts.Length == 2 ? Decode(parts[1]) : string.Empty;
            }
        }

        return null;
    }

    /// <summary>Whether a parameter is true to namerd.</summary>
    public bool IsTrue(string name) => Query(name)?.ToUpperInvariant() is "1" or "T" or "TRUE";

    /// <summary>Null where this is no head of HTTP/1.</summary>
    public static StandInRequest? Parse(ReadOnlySpan<byte> head)
    {
        var lines = System.Text.Encoding.Latin1.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var words = lines.Length > 0 ? lines[0].Split(' ') : [];
        if (words.Length != 3 || !words[2].StartsWith("HTTP/", StringComparison.Ordinal) || !Version.TryParse(words[2].AsSpan(5), out var version))
        {
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var parts in lines.Skip(1).Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2))
        {
            headers[parts[0].Trim()] = parts[1].Trim();
        }

        return new StandInRequest(words[0], words[1], version, headers);
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
