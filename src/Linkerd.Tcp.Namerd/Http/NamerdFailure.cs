using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Http;

/// <summary>Describes problems between this process and namerd. Equal problems get equal descriptions, so that an outage is reported once.</summary>
internal static class NamerdFailure
{
    /// <summary>Describes an exception of the HTTP stack that is no timeout and no cancellation.</summary>
    public static NamerdException Of(Exception exception, NamerdServer server, bool hasCertificate, bool isConnecting)
    {
        // TLS has described it already.
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is NamerdException known)
            {
                return known;
            }
        }

        var described = FailureText.Describe(server.Text, exception);
        if (server.IsTls && NamerdTls.DescribeEnd(exception, server.Text, described, server.WantsCertificate, hasCertificate) is { } end)
        {
            return new NamerdException(end, NamerdException.Reason.Unusable);
        }

        return new NamerdException(described, isConnecting ? NamerdException.Reason.Unreachable : NamerdException.Reason.Unusable);
    }

    public static string DescribeStatus(string namerd, DstPath name, HttpResponseMessage response, string body)
    {
        var said = body.Length == 0 ? string.Empty : $": {FailureText.Quote(body)}";
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
        $"namerd at {namerd} answered {name} with text in place of a JSON document: {FailureText.Quote(text)}";

    public static string DescribeDocument(string namerd, DstPath name, string error) =>
        $"namerd at {namerd} answered {name} with a document that cannot be read: {error}";

    public static string DescribeSize(string namerd, DstPath name, int most) =>
        $"namerd at {namerd} answered {name} with more than the {most} bytes that are accepted";
}
