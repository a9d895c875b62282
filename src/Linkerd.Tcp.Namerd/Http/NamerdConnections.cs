using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Namerd;

/// <summary>The HTTP stack set up for namerd: nothing between it and us that could hold back, rewrite or redirect.</summary>
internal static class NamerdConnections
{
    /// <param name="options">The timeout is taken from here.</param>
    /// <param name="wrap">For tests: what stands between a connection and HTTP.</param>
    public static HttpMessageInvoker Create(NamerdOptions options, Func<Stream, Stream>? wrap) => new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.RequestTimeout,

            // Every question gets a connection of its own: it finds a host name that has moved, and no connection that died while it
            // was idle makes namerd look as if it hung or reset. Questions are rare, connections to namerd cheap.
            PooledConnectionLifetime = TimeSpan.Zero,

            // Closing a watch closes its connection; reading on in the hope of using it again would keep namerd sending.
            MaxResponseDrainSize = 0,
            ResponseDrainTimeout = TimeSpan.Zero,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var progress = ConnectProgress.Of(context.InitialRequestMessage);
                progress.Begin();
                var stream = await ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
                progress.End();
                return wrap is null ? stream : wrap(stream);
            },
        });

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A watch may be silent for days; only probes tell a silent peer from a vanished one.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
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
