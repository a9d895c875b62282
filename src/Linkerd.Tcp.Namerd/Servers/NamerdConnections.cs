using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>The HTTP stack set up for one namerd: without any part that could hold back, rewrite or redirect. Any thread.</summary>
internal sealed class NamerdConnections(NamerdOptions options, NamerdServer server, NamerdTls? tls, Func<Stream, Stream>? wrap) : IDisposable
{
    // Proxies and load balancers cut connections that are idle for 60 s, some for 30.
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Spare = TimeSpan.FromSeconds(5);

    // A dead peer is noticed after 15 + 4 * 5 s.
    private const int KeepAliveAfter = 15;
    private const int KeepAliveEvery = 5;
    private const int KeepAliveTries = 4;
    private readonly Lock _lock = new();
    private HttpMessageInvoker? _new;
    private HttpMessageInvoker? _reused;
    private bool _isDisposed;

    /// <summary>For watches: each has a connection of its own, and a new one, so that a connection that died while it was idle is not mistaken for a namerd that hangs.</summary>
    public HttpMessageInvoker New => Get(ref _new, TimeSpan.Zero);

    /// <summary>For polls: a connection that has just been used may be used again.</summary>
    public HttpMessageInvoker Reused => Get(ref _reused, options.MaxStreamAge);

    private TlsTarget Target => new(server.Text, server.BaseAddress.IdnHost.Split('%')[0], wants => server.WantsCertificate = wants);

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _new?.Dispose();
            _reused?.Dispose();
        }
    }

    private HttpMessageInvoker Get(ref HttpMessageInvoker? invoker, TimeSpan lifetime)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return invoker ??= new HttpMessageInvoker(Create(lifetime));
        }
    }

    private SocketsHttpHandler Create(TimeSpan lifetime) => new()
    {
        // With a proxy of the environment the request would be sent in its absolute form, which namerd answers with 404.
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,

        // A request's own deadline gives its error message; this one ends the handler's work after a request that has been given up.
        ConnectTimeout = options.RequestTimeout + Spare,
        PooledConnectionLifetime = lifetime,
        PooledConnectionIdleTimeout = MaxIdle,

        // Closing a watch closes its connection; reading on in order to reuse it would keep namerd sending.
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var progress = RequestProgress.Of(context.InitialRequestMessage);
            progress.Begin();
            var stream = await ConnectAsync(context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            progress.End();
            return wrap is null ? stream : wrap(stream);
        },
    };

    private async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        if (server.Address is null)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        var socket = new Socket(server.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A watch may be silent for days; only probes distinguish a silent peer from a vanished one.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveAfter);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveEvery);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveTries);
            await socket.ConnectAsync(new IPEndPoint(server.Address, port), cancellationToken).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return server.IsTls ? await tls!.AuthenticateAsync(stream, Target, cancellationToken).ConfigureAwait(false) : stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
