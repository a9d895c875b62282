using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>Represents a listening socket with its backlog, and the loop that accepts from it.</summary>
internal sealed class SimulatedListener(SimulatedHost host, SimulatedEndpoint endpoint, EndPoint address, TransportListenOptions options) : ITransportListener
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan DrainPause = TimeSpan.FromMilliseconds(1);

    private readonly Queue<SimulatedSocket> _backlog = new();
    private TransportListenOptions _options = options;
    private IConnectionHandler? _handler;
    private TimeSpan _backoff = FirstBackoff;
    private int _reserved;
    private bool _isWaiting;
    private bool _isStopping;
    private bool _isDisposed;

    public EndPoint LocalEndPoint => address;

    private SimulatedScheduler Scheduler => host.Network.Scheduler;

    public void Start(IConnectionHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (_handler is not null)
        {
            throw new InvalidOperationException("The listener was started before.");
        }

        _handler = handler;
        AcceptSoon();
    }

    public string? FindObstacle(TransportListenOptions options) => _options.FindObstacle(options);

    public void Change(TransportListenOptions options)
    {
        ObjectDisposedException.ThrowIf(_isStopping, this);
        _options = _options.With(options);
    }

    /// <summary>Ends as a listener of the engines does: no new SYN is answered, and connections in the backlog are taken for at most 250 ms.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStopping)
        {
            return;
        }

        _isStopping = true;
        var end = Scheduler.Elapsed + LongestDrain;
        while (_handler is not null && _reserved > 0 && Scheduler.Elapsed < end)
        {
            // What waits for a limit or after an error may have its turn now.
            _isWaiting = false;
            AcceptSoon();
            await Scheduler.Delay(DrainPause).ConfigureAwait(false);
        }

        Kill();
    }

    /// <summary>Ends at once, as if the process died: connections in the backlog are reset.</summary>
    public void Kill()
    {
        _isStopping = true;
        _isDisposed = true;
        endpoint.Listener = null;
        while (_backlog.TryDequeue(out var socket))
        {
            socket.Abort();
        }
    }

    /// <summary>Takes a place in the backlog; false if it is full, so that the SYN is dropped.</summary>
    public bool TryReserve()
    {
        if (_isStopping || _reserved >= _options.Backlog)
        {
            return false;
        }

        _reserved++;
        return true;
    }

    /// <summary>Called when a handshake is over.</summary>
    public void Enqueue(SimulatedSocket socket)
    {
        if (_isDisposed)
        {
            socket.Abort();
            return;
        }

        _backlog.Enqueue(socket);
        AcceptSoon();
    }

    private void AcceptSoon() => Scheduler.Post(static listener => ((SimulatedListener)listener!).Accept(), this);

    private void Accept()
    {
        if (_isDisposed || _isWaiting || _handler is null || _backlog.Count == 0)
        {
            return;
        }

        if (_options.Limit is { } limit && !limit.TryAcquire())
        {
            _isWaiting = true;
            Scheduler.WithContext(() => limit.WaitAvailableAsync(CancellationToken.None).GetAwaiter().OnCompleted(WaitIsOver));
            return;
        }

        if (host.AcceptsToFail > 0 || !host.TryTakeDescriptor())
        {
            host.AcceptsToFail = Math.Max(0, host.AcceptsToFail - 1);
            _options.Limit?.Release();
            BackOff();
            return;
        }

        _backoff = FirstBackoff;
        _reserved--;
        var socket = _backlog.Dequeue();
        HandOut(SimulatedNetwork.Accepted(host, socket, _options.Tcp));
        AcceptSoon();
    }

    private void HandOut(TransportConnection connection)
    {
        try
        {
            _handler!.OnAccepted(connection);
        }
        catch (Exception) when (host.Network.HandlersMayThrow)
        {
            connection.Abort();
            _ = connection.DisposeAsync().AsTask();
            _options.Limit?.Release();
        }
    }

    private void BackOff()
    {
        var retryAfter = _backoff;
        _backoff = _backoff * 2 < LongestBackoff ? _backoff * 2 : LongestBackoff;
        _isWaiting = true;
        Scheduler.Schedule(retryAfter, _ => WaitIsOver(), null);
        try
        {
            _handler!.OnAcceptFailed(new TransportException($"Cannot accept on {address}: too many open files."), retryAfter);
        }
        catch (Exception) when (host.Network.HandlersMayThrow)
        {
            // It is tried again all the same.
        }
    }

    private void WaitIsOver()
    {
        _isWaiting = false;
        AcceptSoon();
    }
}
