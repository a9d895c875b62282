using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp;

/// <summary>Accepts connections one after the other, as long as the limit allows, and hands each to the thread pool.</summary>
internal sealed class SocketListener : ITransportListener
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(1);

    private readonly SocketsTransport _transport;
    private readonly ListenOptions _options;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private Task? _accepting;
    private int _disposed;

    private SocketListener(SocketsTransport transport, ListenOptions options, Socket socket)
    {
        _transport = transport;
        _options = options;
        _socket = socket;
        LocalEndPoint = socket.LocalEndPoint!;
    }

    public EndPoint LocalEndPoint { get; }

    public static SocketListener Bind(SocketsTransport transport, ListenOptions options)
    {
        if (options.Handle is { } handle)
        {
            return new(transport, options, new Socket(handle));
        }

        var endPoint = options.EndPoint ?? throw new ArgumentException("An end point or a handle was expected.", nameof(options));
        Socket? socket = null;
        try
        {
            // Never ReuseAddress: .NET sets SO_REUSEPORT with it, and two processes would share the port unawares. A restart while old
            // connections are in TIME_WAIT works without, as SO_REUSEADDR alone is the default.
            socket = SocketSetup.Create(endPoint);
            SocketSetup.Apply(socket, options.Tcp);
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

        _accepting = Task.Run(() => AcceptAsync(handler));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        if (_accepting is not null)
        {
            await _accepting.ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    private async Task AcceptAsync(IConnectionHandler handler)
    {
        var retry = FirstRetry;
        try
        {
            while (true)
            {
                // Asked for before, taken after: while one accept waits, a listener that shares the limit may take the place.
                await WaitForPlaceAsync().ConfigureAwait(false);
                Socket? accepted = null;
                try
                {
                    accepted = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                    var connection = SetUp(accepted);
                    await TakePlaceAsync(connection).ConfigureAwait(false);
                    ThreadPool.UnsafeQueueUserWorkItem(static work => work.handler.OnAccepted(work.connection), (handler, connection), preferLocal: false);
                    retry = FirstRetry;
                }
                catch (SocketException error) when (!_stopping.IsCancellationRequested)
                {
                    accepted?.Dispose();
                    if (accepted is null && !SocketErrors.IsOfThePeer(error.SocketErrorCode))
                    {
                        handler.OnAcceptFailed(new TransportException($"cannot accept on {LocalEndPoint}: {SocketErrors.ToMessage(error)}", error), retry);
                        await Task.Delay(retry, _transport.Executor.TimeProvider, _stopping.Token).ConfigureAwait(false);
                        retry = retry * 2 < LastRetry ? retry * 2 : LastRetry;
                    }
                }
            }
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            // Disposed: whatever the socket says to that.
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
            connection.Abort();
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SocketConnection SetUp(Socket accepted)
    {
        accepted.Blocking = false;
        if (!OperatingSystem.IsLinux())
        {
            SocketSetup.Apply(accepted, _options.Tcp);
        }

        return new(_transport, accepted, null, _options.Tcp.WindowSize);
    }
}
