using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>Accepts connections one after the other, as long as the limit allows, and hands each to the thread pool.</summary>
internal sealed class SocketListener : ITransportListener
{
    private static readonly TimeSpan InitialRetry = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(1);

    private readonly SocketsTransport _transport;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private Task<ConnectionHandOut>? _accepting;
    private volatile TransportListenOptions _options;
    private SocketConnection? _withoutPlace;
    private readonly TaskCompletionSource _handedOut = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Connections on their way to the handler, and one for the listener itself, until it is disposed.
    private int _handingOut = 1;
    private int _disposed;

    private SocketListener(SocketsTransport transport, TransportListenOptions options, Socket socket)
    {
        _transport = transport;
        _options = options;
        _socket = socket;
        LocalEndPoint = socket.LocalEndPoint!;
    }

    public EndPoint LocalEndPoint { get; }

    public static SocketListener Bind(SocketsTransport transport, TransportListenOptions options)
    {
        if (options.Handle is { } handle)
        {
            return new(transport, options, new Socket(handle));
        }

        var endPoint = options.EndPoint!;
        Socket? socket = null;
        try
        {
            // Never ReuseAddress: .NET sets SO_REUSEPORT with it, and two processes would share the port unnoticed. A restart while old
            // connections are in TIME_WAIT works without, as SO_REUSEADDR alone is the default.
            socket = SocketSetup.Create(endPoint);
            SocketSetup.Apply(socket, options.Tcp);
            if (options.IsDual)
            {
                socket.DualMode = true;
            }

            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            return new(transport, options, socket);
        }
        catch (SocketException error)
        {
            socket?.Dispose();
            throw new TransportException(
                $"cannot listen on {endPoint}: {(error.SocketErrorCode == SocketError.AccessDenied ? Forbidden.ToListen(endPoint) : SocketErrors.ToMessage(error))}", error);
        }
    }

    public void Start(IConnectionHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (_accepting is not null)
        {
            throw new InvalidOperationException("The listener was started before.");
        }

        var executor = _transport.Executor;
        var handOut = new ConnectionHandOut(handler, _options.Limit, LocalEndPoint, executor.Logger, executor.TimeProvider);
        _accepting = Task.Run(() => AcceptAsync(handOut));
    }

    public string? FindObstacle(TransportListenOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return _options.FindObstacle(options);
    }

    public void Change(TransportListenOptions options)
    {
        var next = _options.With(options);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);

        // An inherited socket has been set up by another process, which may use it still.
        if (_options.Handle is null)
        {
            try
            {
                ChangeSocket(next);
            }
            catch (SocketException error)
            {
                throw new TransportException($"cannot change the listener on {LocalEndPoint}: {SocketErrors.ToMessage(error)}", error);
            }
        }

        _options = next;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_accepting is not null)
        {
            // Before the socket is closed: .NET's action on an accept that is under way then would end an inherited one for every process (SafeSocketHandle.TryUnblockSocket).
            var handOut = await _accepting.ConfigureAwait(false);
            if (_options.Handle is null)
            {
                await DrainAsync(handOut).ConfigureAwait(false);
            }
        }

        if (_withoutPlace is not null)
        {
            _withoutPlace.Abort();
            await _withoutPlace.DisposeAsync().ConfigureAwait(false);
        }

        _socket.Dispose();
        EndHandOut();
        await _handedOut.Task.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void ChangeSocket(TransportListenOptions next)
    {
        // A socket that listens takes another backlog, and loses no client (inet_listen in Linux's af_inet.c).
        if (next.Backlog != _options.Backlog)
        {
            _socket.Listen(next.Backlog);
        }

        SocketSetup.Change(_socket, next.Tcp);
    }

    private async Task<ConnectionHandOut> AcceptAsync(ConnectionHandOut handOut)
    {
        var retry = InitialRetry;
        try
        {
            while (true)
            {
                // Checked before, taken after: while one accept waits, a listener that shares the limit may take the place.
                await WaitForPlaceAsync().ConfigureAwait(false);
                Socket? accepted = null;
                try
                {
                    accepted = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                    var connection = SetUp(accepted);
                    await TakePlaceAsync(connection).ConfigureAwait(false);
                    HandOut(connection, handOut);
                    retry = InitialRetry;
                }
                catch (SocketException error) when (!_stopping.IsCancellationRequested)
                {
                    accepted?.Dispose();
                    if (accepted is null && !SocketErrors.IsOfThePeer(error.SocketErrorCode))
                    {
                        handOut.TellFailure(new TransportException($"cannot accept on {LocalEndPoint}: {SocketErrors.ToMessage(error)}", error), retry);
                        await Task.Delay(retry, _transport.Executor.TimeProvider, _stopping.Token).ConfigureAwait(false);
                        retry = retry * 2 < MaxRetry ? retry * 2 : MaxRetry;
                    }
                }
            }
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            // Disposed: any error is expected.
            return handOut;
        }
    }

    private async ValueTask WaitForPlaceAsync()
    {
        while (_options.Limit is { IsAvailable: false } limit)
        {
            await limit.WaitAvailableAsync(_stopping.Token).ConfigureAwait(false);
        }
    }

    private async ValueTask TakePlaceAsync(SocketConnection connection)
    {
        try
        {
            while (_options.Limit is { } limit && !limit.TryAcquire())
            {
                await limit.WaitAvailableAsync(_stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            _withoutPlace = connection;
            throw;
        }
    }

    /// <summary>Takes the connections in the backlog, within the limit.</summary>
    private async Task DrainAsync(ConnectionHandOut handOut)
    {
        var drain = new BacklogDrain(_options, LocalEndPoint, LinuxSocket.IgnoreNewClients(_socket), _transport.Executor.TimeProvider);
        _socket.Blocking = false;
        while (drain.GoesOn(TryTake(drain, handOut), out var pause))
        {
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _transport.Executor.TimeProvider).ConfigureAwait(false);
            }
        }
    }

    /// <returns>True if there may be more at once.</returns>
    private bool TryTake(BacklogDrain drain, ConnectionHandOut handOut)
    {
        if (_options.Limit?.TryAcquire() == false)
        {
            drain.Hold();
            return false;
        }

        Socket? accepted = null;
        try
        {
            var connection = _withoutPlace ?? SetUp(accepted = _socket.Accept());
            _withoutPlace = null;
            drain.Take();
            HandOut(connection, handOut);
            return true;
        }
        catch (SocketException error)
        {
            accepted?.Dispose();
            _options.Limit?.Release();
            return accepted is not null || MayHoldMore(drain, error.SocketErrorCode);
        }
    }

    private static bool MayHoldMore(BacklogDrain drain, SocketError error)
    {
        // EINVAL: a Unix-domain socket that takes no new client is empty.
        if (error == SocketError.InvalidArgument)
        {
            drain.Finish();
        }
        else if (error != SocketError.WouldBlock && !SocketErrors.IsOfThePeer(error))
        {
            drain.Hold();
        }

        return SocketErrors.IsOfThePeer(error);
    }

    private void HandOut(SocketConnection connection, ConnectionHandOut handOut)
    {
        Interlocked.Increment(ref _handingOut);
        ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                work.handOut.HandOut(work.connection);
                work.listener.EndHandOut();
            },
            (listener: this, handOut, connection),
            preferLocal: false);
    }

    private void EndHandOut()
    {
        if (Interlocked.Decrement(ref _handingOut) == 0)
        {
            _handedOut.SetResult();
        }
    }

    private SocketConnection SetUp(Socket accepted)
    {
        accepted.Blocking = false;
        if (!OperatingSystem.IsLinux())
        {
            SocketSetup.Apply(accepted, _options.Tcp);
        }

        return new(_transport, accepted, null, _options.Tcp.WindowSize) { IsOurs = true };
    }
}
