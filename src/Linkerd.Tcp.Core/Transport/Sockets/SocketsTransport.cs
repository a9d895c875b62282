using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.ObjectPool;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>
/// The portable engine, over <see cref="System.Net.Sockets"/>. Connections live on the thread pool at large; the two directions of a copy may
/// run on two threads. A connection that waits for bytes holds no buffer: it waits with a zero-byte receive, then takes one from a pool.
/// </summary>
/// <remarks>
/// Off Linux the kernel does not report what a peer has acknowledged, nor that it reset a connection that is not being read:
/// <see cref="TransportConnection.FlushToPeerAsync"/> then waits a second, and <see cref="TransportConnection.IsReset"/> becomes true by operations only.
/// Unix-domain sockets have no RST: a peer sees an aborted connection as reset only if it had sent something that was not read.
/// </remarks>
internal sealed class SocketsTransport : ITransport
{
    private readonly ObjectPool<SocketConnector> _connectors;
    private volatile bool _disposed;

    /// <summary>Creates an engine.</summary>
    /// <param name="timeProvider">The clock of deadlines; default: the system's.</param>
    /// <param name="loggerFactory">The factory of the logger for exceptions of handlers; default: nothing is logged. Category <c>Linkerd.Tcp.Transport</c>.</param>
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
    public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new(SocketListener.Bind(this, OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator))));
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (!EndPointKinds.AreConnectable(to))
        {
            return ConnectResult.Failed(ConnectFailure.Other, EndPointKinds.Explain(to));
        }

        if (_disposed)
        {
            return ConnectResult.Failed(ConnectFailure.Cancelled, "the transport was disposed");
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

            SocketSetup.Apply(socket, options.TcpOrDefaults);
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

        return ConnectResult.Connected(new SocketConnection(this, socket, to, options.TcpOrDefaults.WindowSize) { IsOurs = true });
    }

    /// <summary>Ends connecting and listening. Connections and listeners that exist live on: the engine holds nothing of theirs.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        return default;
    }

    /// <summary>Creates a connection over a socket that is connected already; it then belongs to the connection.</summary>
    /// <exception cref="ArgumentException">The socket is not a connected stream socket.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public TransportConnection FromSocket(Socket socket, TcpOptions? options = null)
    {
        CheckSocket(socket, nameof(socket));
        if (options is { HasWindow: false })
        {
            // Not for each connection: the window is all that is used here.
            OptionsValidator.Validated(options, static (options, validator) => options.Validate(validator));
        }

        return FromSocket(socket, (options ?? TcpOptions.Defaults).WindowSize);
    }

    /// <exception cref="ArgumentException">The socket is not a connected stream socket.</exception>
    internal static void CheckSocket(Socket socket, string paramName)
    {
        ArgumentNullException.ThrowIfNull(socket, paramName);
        if (socket.SocketType != SocketType.Stream || !socket.Connected)
        {
            throw new ArgumentException("A connected stream socket was expected.", paramName);
        }
    }

    /// <param name="socket">A socket that was checked.</param>
    /// <param name="windowSize">In bytes.</param>
    internal SocketConnection FromSocket(Socket socket, int windowSize)
    {
        socket.Blocking = false;
        return new SocketConnection(this, socket, null, windowSize);
    }

    private sealed class ConnectorPolicy(TimeProvider timeProvider) : PooledObjectPolicy<SocketConnector>
    {
        public override SocketConnector Create() => new(timeProvider);

        public override bool Return(SocketConnector obj) => obj.IsIdle;
    }
}
