using Google.Protobuf;
using Grpc.Core;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Mesh.Servers;

/// <summary>Describes problems between this process and namerd over gRPC. Equal problems get equal descriptions, so that an outage is reported once.</summary>
internal static class MeshFailure
{
    private const string Hint = "; is this its mesh interface (io.l5d.mesh)?";

    /// <summary>Translates an exception of a call.</summary>
    /// <param name="server">The namerd.</param>
    /// <param name="subject">The name or id of the request; null if it was about the namerd itself.</param>
    /// <param name="exception">The exception.</param>
    public static MeshException Translate(MeshServer server, DstPath? subject, Exception exception)
    {
        if (exception is not RpcException rpc)
        {
            return new MeshException(Describe(server.Name, exception), blamesServer: true);
        }

        var about = subject is null ? string.Empty : $" {subject}";
        if (rpc.StatusCode == StatusCode.ResourceExhausted && rpc.Status.Detail.Contains("maximum configured message size", StringComparison.Ordinal))
        {
            return new MeshException($"namerd at {server.Name} answered{about} with more than the {server.MaxAnswerBytes} bytes that are accepted", blamesServer: false);
        }

        // Only an error that did not come from the other side has an exception behind it.
        switch (rpc.Status.DebugException)
        {
            case null:
                break;
            case InvalidProtocolBufferException unreadable:
                return new MeshException($"namerd at {server.Name} answered{about} with a message that cannot be read ({unreadable.Message})", blamesServer: false);
            case var cause:
                return new MeshException(DescribeEnd(server, cause) ?? Describe(server.Name, cause) + HintOf(server, cause), blamesServer: true);
        }

        var blames = rpc.StatusCode is StatusCode.Unavailable or StatusCode.Unimplemented or StatusCode.Unknown or StatusCode.Cancelled;
        var hint = rpc.StatusCode is StatusCode.Unimplemented ? Hint : string.Empty;
        return new MeshException($"namerd at {server.Name} answered{about} with {Print(rpc.StatusCode)}: {FailureText.Quote(rpc.Status.Detail)}{hint}", blames);
    }

    public static string NoAnswer(MeshServer server, DstPath? subject, TimeSpan within) =>
        $"namerd at {server.Name} did not answer{(subject is null ? string.Empty : $" about {subject}")} within {within.TotalSeconds} s";

    // A peer that has never sent HTTP/2 may be something else; for one that has, the hint is not needed.
    private static string HintOf(MeshServer server, Exception cause) =>
        !server.WasGood && cause is HttpProtocolException or { InnerException: HttpProtocolException } or HttpRequestException
        {
            HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError
        } ? Hint : string.Empty;

    // After an earlier answer the end of a connection is no reason for a hint about certificates, only an error about them is.
    private static string? DescribeEnd(MeshServer server, Exception cause) => server.IsTls && KnownOf(cause) is null
        ? NamerdTls.DescribeEnd(cause, server.Name, Describe(server.Name, cause), server.WantsCertificate && !server.WasGood, server.HasCertificate)
        : null;

    // TLS has described it already.
    private static string? KnownOf(Exception? exception) =>
        exception is null ? null : exception is NamerdException known ? known.Message : KnownOf(exception.InnerException);

    private static string Describe(string namerd, Exception exception) => exception switch
    {
        _ when KnownOf(exception) is { } known => known,
        HttpProtocolException { ErrorCode: 0 } => $"namerd at {namerd} closed the connection",
        HttpProtocolException protocol when protocol.Message.Contains("PING", StringComparison.OrdinalIgnoreCase) =>
            $"namerd at {namerd} does not answer the PINGs of its connection any more",
        HttpProtocolException protocol => $"namerd at {namerd} broke off by an error of HTTP/2 ({protocol.Message})",
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError } and not { InnerException: HttpProtocolException } =>
            $"what answers at {namerd} does not speak HTTP/2 as namerd does ({exception.GetBaseException().Message})",
        HttpRequestException { HttpRequestError: HttpRequestError.VersionNegotiationError } =>
            $"what answers at {namerd} does not speak HTTP/2",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } =>
            $"namerd at {namerd} closed the connection",
        { InnerException: HttpProtocolException inner } => Describe(namerd, inner),
        TaskCanceledException or TimeoutException => $"namerd at {namerd} cannot be connected to in time",
        _ => FailureText.Describe(namerd, exception),
    };

    /// <summary>A status as gRPC writes it: <c>INVALID_ARGUMENT</c>.</summary>
    private static string Print(StatusCode code)
    {
        var name = code.ToString();
        return string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));
    }
}
