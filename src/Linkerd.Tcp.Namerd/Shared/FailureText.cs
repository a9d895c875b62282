using System.Net.Sockets;
using System.Text;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>Descriptions of failures of connections to namerd, and of text that came over them.</summary>
internal static class FailureText
{
    private const int MaxQuoted = 200;

    public static string Describe(string namerd, Exception exception) => exception switch
    {
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } =>
            $"the host name of namerd at {namerd} cannot be resolved",
        { InnerException: SocketException socket } => Describe(namerd, socket),
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"namerd at {namerd} refused the connection",
        SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown } =>
            $"namerd at {namerd} reset the connection",
        SocketException socket => $"namerd at {namerd} cannot be reached ({socket.SocketErrorCode})",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded }
            or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } =>
            $"namerd at {namerd} closed the connection in the middle of its answer",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }
            or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            $"what answers at {namerd} does not speak HTTP/1.1 as namerd does ({exception.GetBaseException().Message})",
        { InnerException: { } inner } => Describe(namerd, inner),
        _ => $"asking namerd at {namerd} failed ({exception.Message})",
    };

    /// <summary>The first line of a text, short, and without control characters: it comes from the network and goes to a log.</summary>
    public static string Quote(string text)
    {
        var line = text.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        line = end >= 0 ? line[..end] : line;
        var quoted = new StringBuilder("'");
        foreach (var c in line.Length > MaxQuoted ? line[..MaxQuoted] : line)
        {
            quoted.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return quoted.Append(line.Length > MaxQuoted ? "...'" : "'").ToString();
    }
}
