using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.Namerd.Servers;

namespace Linkerd.Tcp.Namerd.Http;

/// <summary>Words for what goes wrong between us and namerd. Equal troubles get equal words, so that an outage is reported once.</summary>
internal static class NamerdFailure
{
    private const int MostQuoted = 200;

    /// <summary>What an exception of the HTTP stack means that is no timeout and no cancellation.</summary>
    public static NamerdException Of(Exception exception, NamerdServer server, NamerdTlsOptions tls, bool isConnecting)
    {
        // TLS has found its words already.
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is NamerdException known)
            {
                return known;
            }
        }

        var described = Describe(server.Text, exception);
        if (server.IsTls && NamerdTls.DescribeEnd(exception, server.Text, described, server.WantsCertificate, tls.ClientCertificate is not null) is { } end)
        {
            return new NamerdException(end, NamerdException.Reason.Unusable);
        }

        return new NamerdException(described, isConnecting ? NamerdException.Reason.Unreachable : NamerdException.Reason.Unusable);
    }

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

    public static string DescribeStatus(string namerd, DstPath name, HttpResponseMessage response, string body)
    {
        var said = body.Length == 0 ? string.Empty : $": {Quote(body)}";
        var status = (int)response.StatusCode;
        var hint = status switch
        {
            >= 300 and < 400 => $" to {response.Headers.Location}; redirects are not followed, give the address itself",
            404 => "; is this its HTTP interface (io.l5d.httpController)?",
            500 => "; it does so where a name cannot be bound, such as by a dtab that loops",
            _ => string.Empty,
        };
        return $"namerd at {namerd} answered {name} with {status} {response.ReasonPhrase}{said}{hint}";
    }

    public static string DescribeText(string namerd, DstPath name, string text) =>
        $"namerd at {namerd} answered {name} with text in place of a JSON document: {Quote(text)}";

    public static string DescribeDocument(string namerd, DstPath name, string error) =>
        $"namerd at {namerd} answered {name} with a document that cannot be read: {error}";

    public static string DescribeSize(string namerd, DstPath name, int most) =>
        $"namerd at {namerd} answered {name} with more than the {most} bytes that are accepted";

    /// <summary>The first line of a text, short, and without control characters: it comes from the network and goes to a log.</summary>
    public static string Quote(string text)
    {
        var line = text.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        line = end >= 0 ? line[..end] : line;
        var quoted = new StringBuilder("'");
        foreach (var c in line.Length > MostQuoted ? line[..MostQuoted] : line)
        {
            quoted.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        }

        return quoted.Append(line.Length > MostQuoted ? "...'" : "'").ToString();
    }
}
