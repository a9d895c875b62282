using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Pieces of what namerd sends, for a <see cref="RawServer"/> to send them whole or broken.</summary>
public static class NamerdHttp
{
    /// <summary>The headers of a watch.</summary>
    public const string WatchHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

    /// <summary>The end of a chunked body.</summary>
    public const string LastChunk = "0\r\n\r\n";

    /// <summary>A 500 as namerd sends it: without a length, so that it ends with the connection.</summary>
    public const string Thrown = "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n";

    /// <summary>A document that binds a name to ports of 127.0.0.1, with its newline.</summary>
    public static string Bound(params int[] ports) => Document(NameState.Bound.Ports(ports));

    /// <summary>The document of a state, with its newline.</summary>
    public static string Document(NameState state) => NamerdJson.Print(state) + "\n";

    /// <summary>A chunk.</summary>
    public static string Chunk(string body) => string.Create(CultureInfo.InvariantCulture, $"{Encoding.Latin1.GetByteCount(body):x}\r\n{body}\r\n");

    /// <summary>A whole answer of known length.</summary>
    public static string Answer(string body, string status = "200 OK", string headers = "Content-Type: application/json\r\n") =>
        string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\n{headers}Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}");
}
