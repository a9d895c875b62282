using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// An answer read from recorded or received bytes (one character each), as far as they go: the tests' own reading of HTTP, to hold client and stand-in against.
/// </summary>
internal sealed class HttpAnswer
{
    private HttpAnswer(string statusLine, Dictionary<string, string> headers)
    {
        StatusLine = statusLine;
        Headers = headers;
    }

    public string StatusLine { get; }

    public Dictionary<string, string> Headers { get; }

    /// <summary>The body: chunk by chunk, or in one piece.</summary>
    public List<string> Pieces { get; } = [];

    /// <summary>Whether the body is there to its end; never so where only the end of the connection ends it.</summary>
    public bool IsComplete { get; private set; }

    public string? Encoding => Headers.GetValueOrDefault("content-encoding");

    public string Body => string.Concat(Pieces);

    /// <summary>The lines of the body, of an encoded one too, with their newlines.</summary>
    public IEnumerable<string> Lines => (Encoding is null ? Body : Decode(Encoding, Body)).Split('\n').SkipLast(1);

    /// <summary>The answers in some bytes; the last one may be cut.</summary>
    /// <param name="bytes">What came.</param>
    /// <param name="toHead">Whether they answer HEAD, and so have no bodies.</param>
    public static List<HttpAnswer> Parse(string bytes, bool toHead = false)
    {
        var answers = new List<HttpAnswer>();
        while (bytes.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end)
        {
            var lines = bytes[..end].Split("\r\n");
            var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(parts => parts[0].ToLowerInvariant(), parts => parts[1]);
            var answer = new HttpAnswer(lines[0], headers);
            bytes = answer.TakeBody(bytes[(end + 4)..], toHead);
            answers.Add(answer);
            if (!answer.IsComplete)
            {
                break;
            }
        }

        return answers;
    }

    /// <summary>All that has a meaning, in an order of its own: address sets sorted, no lengths of what is compressed, no sizes of chunks.</summary>
    /// <param name="listsAreSets">Whether a list of names is in no order.</param>
    public string Canonical(bool listsAreSets = false)
    {
        var text = new StringBuilder(StatusLine).Append('\n');
        foreach (var name in new[] { "connection", "content-type", "content-encoding", "content-length", "transfer-encoding", "etag" })
        {
            if (Headers.TryGetValue(name, out var value))
            {
                text.Append(name).Append(": ").Append(name == "content-length" && Encoding is not null ? "*" : value).Append('\n');
            }
        }

        if (Headers.ContainsKey("transfer-encoding"))
        {
            text.Append(CultureInfo.InvariantCulture, $"chunks: {Pieces.Count}\n");
        }

        var body = Encoding is null ? Body : Decode(Encoding, Body);
        foreach (var line in body.Split('\n'))
        {
            text.Append(CanonicalDocument(line, listsAreSets)).Append('\n');
        }

        return text.Append(IsComplete ? "complete" : "goes on").ToString();
    }

    /// <summary>Puts all address sets in a document into an order of their own.</summary>
    public static void SortAddresses(JsonNode node)
    {
        foreach (var child in node is JsonObject members ? members.Select(member => member.Value).ToList() : node is JsonArray items ? [.. items] : [])
        {
            SortAddresses(child!);
        }

        if (node is JsonObject document && document["addrs"] is JsonArray addresses)
        {
            document["addrs"] = JsonValue.Create(string.Join(',', addresses.Select(address => address!.ToJsonString()).Order(StringComparer.Ordinal)));
        }
    }

    private string TakeBody(string rest, bool toHead)
    {
        if (toHead)
        {
            IsComplete = Headers.ContainsKey("content-length");
            return rest;
        }

        if (StatusLine.Split(' ')[1] is "100" or "204")
        {
            IsComplete = true;
            return rest;
        }

        if (Headers.TryGetValue("content-length", out var text))
        {
            var length = int.Parse(text, CultureInfo.InvariantCulture);
            IsComplete = rest.Length >= length;
            Pieces.Add(IsComplete ? rest[..length] : rest);
            return IsComplete ? rest[length..] : string.Empty;
        }

        if (!Headers.ContainsKey("transfer-encoding"))
        {
            Pieces.Add(rest);
            return string.Empty;
        }

        while (rest.IndexOf("\r\n", StringComparison.Ordinal) is > 0 and var end)
        {
            var size = int.Parse(rest[..end], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (rest.Length < end + size + 4)
            {
                break;
            }

            var chunk = rest.Substring(end + 2, size);
            rest = rest[(end + size + 4)..];
            if (size == 0)
            {
                IsComplete = true;
                break;
            }

            Pieces.Add(chunk);
        }

        return rest;
    }

    // Everything but the order of sets is compared as it stands, down to how a weight is printed.
    private static string CanonicalDocument(string line, bool listsAreSets)
    {
        if (line.StartsWith('[') && listsAreSets)
        {
            return string.Join(',', JsonNode.Parse(line)!.AsArray().Select(name => name!.ToJsonString()).Order(StringComparer.Ordinal));
        }

        if (!line.StartsWith('{') || !line.Contains("\"addrs\"", StringComparison.Ordinal))
        {
            return line;
        }

        var document = JsonNode.Parse(line)!;
        SortAddresses(document);
        return document.ToJsonString();
    }

    // A stream that goes on has no end for the decoder to find; what there is of it is what was flushed.
    private static string Decode(string encoding, string body)
    {
        var decoded = new StringBuilder();
        using var encoded = new MemoryStream(System.Text.Encoding.Latin1.GetBytes(body));
        using Stream decoder = encoding == "gzip" ? new GZipStream(encoded, CompressionMode.Decompress) : new ZLibStream(encoded, CompressionMode.Decompress);
        var buffer = new byte[4096];
        while (true)
        {
            try
            {
                if (decoder.Read(buffer) is > 0 and var read)
                {
                    decoded.Append(System.Text.Encoding.Latin1.GetString(buffer, 0, read));
                    continue;
                }

                return decoded.ToString();
            }
            catch (InvalidDataException)
            {
                return decoded.ToString();
            }
        }
    }
}
