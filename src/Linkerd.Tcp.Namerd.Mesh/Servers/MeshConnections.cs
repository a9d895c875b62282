using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Mesh.Servers;

/// <summary>The HTTP stack set up for one address of namerd.</summary>
internal static class MeshConnections
{
    // Connections are left before streams are renewed, so that a renewed one goes over a new connection.
    private const double ConnectionAge = 0.8;

    /// <summary>Sets it up.</summary>
    /// <param name="options">The options of requests.</param>
    /// <param name="address">The address in the options.</param>
    /// <param name="endPoint">The IP address and port.</param>
    /// <param name="tls">TLS to it; null if it is not used.</param>
    /// <param name="target">The target of TLS.</param>
    public static GrpcChannel Create(MeshOptions options, Uri address, IPEndPoint endPoint, NamerdTls? tls, TlsTarget target)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.RequestTimeout,
            PooledConnectionLifetime = options.MaxStreamAge * ConnectionAge,

            // One connection takes as many streams as namerd allows; only further ones get another one.
            EnableMultipleHttp2Connections = true,

            // A stream may be silent for days; only PINGs distinguish a silent namerd from a vanished one.
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            // TLS is done here too: the HTTP stack's errors do not describe the problem of a certificate.
            ConnectCallback = (_, cancellationToken) => ConnectAsync(endPoint, tls, target, cancellationToken),
        };

        // This name is the one of the certificate; the address of the connection is decided above.
        var host = tls is not null && options.Tls.ServerName is { } name ? name : address.IdnHost;
        host = host.Contains(':', StringComparison.Ordinal) ? $"[{host.Split('%')[0]}]" : host;
        return GrpcChannel.ForAddress($"{(tls is not null ? "https" : "http")}://{host}:{endPoint.Port}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.MaxAnswerBytes,
            ThrowOperationCanceledOnCancellation = true,
            LoggerFactory = null,
        });
    }

    private static async ValueTask<Stream> ConnectAsync(IPEndPoint endPoint, NamerdTls? tls, TlsTarget target, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return tls is null ? stream : await tls.AuthenticateAsync(stream, target, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
