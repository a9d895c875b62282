using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>An answer that is known as a whole.</summary>
internal sealed record StandInReply(int Status, string Body = "", string? ContentType = null)
{
    private static readonly Dictionary<int, string> Reasons = new()
    {
        [200] = "OK",
        [204] = "No Content",
        [302] = "Found",
        [400] = "Bad Request",
        [403] = "Forbidden",
        [404] = "Not Found",
        [405] = "Method Not Allowed",
        [409] = "Conflict",
        [412] = "Precondition Failed",
        [414] = "Request-URI Too Long",
        [415] = "Unsupported Media Type",
        [431] = "Request Header Fields Too Large",
        [500] = "Internal Server Error",
        [501] = "Not Implemented",
        [502] = "Bad Gateway",
        [503] = "Service Unavailable",
        [504] = "Gateway Timeout",
    };

    /// <summary>Further headers.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>What an exception in namerd becomes: no body, no length, and the connection closes.</summary>
    public static StandInReply Thrown { get; } = new(500);

    public static string StatusLine(int status, string version = "HTTP/1.1") => $"{version} {status} {Reasons.GetValueOrDefault(status, "Unknown")}\r\n";

    /// <summary>The bytes to send.</summary>
    /// <param name="request">What it answers.</param>
    /// <param name="close">Whether the connection has to be closed behind it.</param>
    public byte[] ToBytes(StandInRequest request, out bool close)
    {
        // Of an exception there is no body, and of a HEAD of nothing namerd does not know how long the body of a GET would be.
        var isHead = request.Method == "HEAD";
        var isEndless = Body.Length == 0 && (isHead || Status == 500);
        close = isEndless || request.WantsClose;
        var encoding = ContentType is null || ContentType == "application/dtab" ? null : request.Encoding;
        var body = Encode(Encoding.UTF8.GetBytes(Body), encoding);
        var head = new StringBuilder(StatusLine(Status));
        Add(head, close, "Connection", "close");
        Add(head, ContentType is not null, "Content-Type", ContentType);
        Add(head, encoding is not null, "content-encoding", encoding);
        foreach (var (name, value) in Headers)
        {
            Add(head, true, name, value);
        }

        Add(head, !isEndless && Status != 204, encoding is null ? "Content-Length" : "content-length", body.Length.ToString(CultureInfo.InvariantCulture));
        head.Append("\r\n");
        return isHead ? Encoding.Latin1.GetBytes(head.ToString()) : [.. Encoding.Latin1.GetBytes(head.ToString()), .. body];
    }

    /// <summary>What finagle answers to what it cannot read; in HTTP/1.0, and then it closes.</summary>
    public static byte[] Refusal(int status) => Encoding.Latin1.GetBytes(StatusLine(status, "HTTP/1.0") + "Connection: close\r\nContent-Length: 0\r\n\r\n");

    public static Stream Encoder(Stream into, string encoding) =>
        encoding == "gzip" ? new GZipStream(into, CompressionLevel.Optimal, leaveOpen: true) : new ZLibStream(into, CompressionLevel.Optimal, leaveOpen: true);

    private static void Add(StringBuilder head, bool present, string name, string? value)
    {
        if (present)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }
    }

    private static byte[] Encode(byte[] body, string? encoding)
    {
        if (encoding is null)
        {
            return body;
        }

        using var encoded = new MemoryStream();
        using (var encoder = Encoder(encoded, encoding))
        {
            encoder.Write(body);
        }

        return encoded.ToArray();
    }
}
