using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace Linkerd.Tcp.Namerd;

/// <summary>The HTTP stack set up for one address of namerd.</summary>
internal static class MeshConnections
{
    // Connections are left before streams are renewed, so that a renewed one goes over a new connection.
    private const double ConnectionAge = 0.8;

    public static GrpcChannel Create(MeshOptions options, Uri address, IPEndPoint endPoint)
    {
        var isTls = address.Scheme == MeshAddress.TlsScheme;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.RequestTimeout,
            PooledConnectionLifetime = options.MaxStreamAge * ConnectionAge,

            // One connection takes as many streams as namerd allows; only what is beyond gets another one.
            EnableMultipleHttp2Connections = true,

            // A stream may be silent for days; only PINGs tell a silent namerd from a vanished one.
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ConnectCallback = (_, cancellationToken) => ConnectAsync(endPoint, cancellationToken),
        };
        if (isTls)
        {
            handler.SslOptions = TlsOptions(options.Tls);
        }

        // The name in here is the one of the certificate; where the connection goes to is decided above.
        var host = isTls && options.Tls.ServerName is { } name ? name : address.IdnHost;
        host = host.Contains(':', StringComparison.Ordinal) ? $"[{host.Split('%')[0]}]" : host;
        return GrpcChannel.ForAddress($"{(isTls ? "https" : "http")}://{host}:{endPoint.Port}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.MaxAnswerBytes,
            ThrowOperationCanceledOnCancellation = true,
            LoggerFactory = null,
        });
    }

    private static SslClientAuthenticationOptions TlsOptions(NamerdTlsOptions options)
    {
        var tls = new SslClientAuthenticationOptions { CertificateRevocationCheckMode = X509RevocationMode.NoCheck };
        if (options.TrustedRoots is { } roots)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        if (options.ClientCertificate is { } certificate)
        {
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, options.ClientIntermediates, offline: true);
        }

        return tls;
    }

    private static async ValueTask<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
