using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.ObjectPool;

namespace Linkerd.Tcp;

/// <summary>
/// The portable engine, over <see cref="System.Net.Sockets"/>. Connections live on the thread pool at large; the two directions of a copy may
/// run on two threads. A connection that waits for bytes holds no buffer: it waits with a zero-byte receive, then takes one from a pool.
/// </summary>
/// <remarks>
/// Off Linux the kernel does not tell what a peer has acknowledged, nor that it reset a connection that is not being read:
/// <see cref="TransportConnection.WaitAcknowledgedAsync"/> then waits a second, and <see cref="TransportConnection.PeerGone"/> learns of a reset by operations only.
/// Unix-domain sockets know no RST: a peer sees an aborted connection as reset only where it had sent something that was not read.
/// </remarks>
public sealed class SocketsTransport : ITransport
{
    private readonly ObjectPool<SocketConnector> _connectors;

    /// <summary>Makes an engine.</summary>
    /// <param name="timeProvider">The clock of deadlines; default: the system's.</param>
    /// <param name="loggerFactory">Where to log what handlers throw; default: nowhere. Category <c>Linkerd.Tcp.Transport</c>.</param>
    public SocketsTransport(TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null)
    {
        var logger = GuardedLogger.Create(loggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Transport");
        Executor = new ThreadPoolExecutor(timeProvider ?? TimeProvider.System, logger);
        _connectors = new DefaultObjectPool<SocketConnector>(new ConnectorPolicy(Executor.TimeProvider), maximumRetained: 256);
    }

    /// <inheritdoc/>
    public string Name => "sockets";

    internal ThreadPoolExecutor Executor { get; }

    /// <inheritdoc/>
    public ValueTask<ITransportListener> ListenAsync(ListenOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        return new(SocketListener.Bind(this, options));
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectResult> ConnectAsync(EndPoint to, ConnectOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (!EndPointKinds.AreConnectable(to))
        {
            return ConnectResult.Failed(ConnectFailure.Other, EndPointKinds.Explain(to));
        }

        Socket socket;
        try
        {
            socket = SocketSetup.Create(to);
            socket.Blocking = false;
        }
        catch (SocketException error)
        {
            return ConnectResult.Failed(SocketErrors.ToConnectFailure(error.SocketErrorCode), SocketErrors.ToMessage(error));
        }

        var source = SourceAddress.For(options, to);
        try
        {
            if (source is not null)
            {
                SocketSetup.BindSource(socket, source);
            }
        }
        catch (SocketException error)
        {
            socket.Dispose();
            return SourceAddress.CannotBind(source!, SocketErrors.ToMessage(error));
        }

        var connector = _connectors.Get();
        try
        {
            var (failure, detail) = await connector.ConnectAsync(socket, to, options.Timeout, cancellationToken).ConfigureAwait(false);
            if (failure != ConnectFailure.None)
            {
                socket.Dispose();
                return ConnectResult.Failed(failure, SourceAddress.Explain(source, failure, detail));
            }

            SocketSetup.Apply(socket, options.Tcp);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The peer may be gone before the first option is set.
            socket.Dispose();
            return ConnectResult.Failed(ConnectFailure.Reset, error.Message);
        }
        finally
        {
            _connectors.Return(connector);
        }

        return ConnectResult.Connected(new SocketConnection(this, socket, to, options.Tcp.WindowSize) { IsOurs = true });
    }

    /// <summary>Does nothing: the engine holds nothing that outlives its connections and listeners.</summary>
    public ValueTask DisposeAsync() => default;

    /// <summary>A connection over a socket that is connected already; it then belongs to the connection.</summary>
    /// <exception cref="ArgumentException">The socket is not a connected stream socket.</exception>
    public TransportConnection FromSocket(Socket socket, TcpOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.SocketType != SocketType.Stream || !socket.Connected)
        {
            throw new ArgumentException("A connected stream socket was expected.", nameof(socket));
        }

        socket.Blocking = false;
        return new SocketConnection(this, socket, null, (options ?? TcpOptions.Default).WindowSize);
    }

    private sealed class ConnectorPolicy(TimeProvider timeProvider) : PooledObjectPolicy<SocketConnector>
    {
        public override SocketConnector Create() => new(timeProvider);

        public override bool Return(SocketConnector obj) => obj.IsIdle;
    }
}
