using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>
/// The receiving half of a connection. First tries without waiting; if nothing is there it gives its buffer back and waits with a
/// zero-byte receive. After a short read it does not try again before waiting: the kernel had no more, and would only report that.
/// </summary>
internal sealed class SocketReceiver : SocketAsyncEventArgs, IValueTaskSource<ReceiveResult>
{
    // After a read of this size more is likely to follow at once, and a try in vain costs little beside it.
    private const int LargeRead = 16 * 1024;

    private readonly SocketConnection _connection;
    private readonly WindowPool _pool;
    private ManualResetValueTaskSourceCore<ReceiveResult> _completion;
    private ReceiveWindow _window;
    private long _totalBytes;
    private bool _lastReadWasShort;
    private bool _waiting;
    private bool _released;
    private ReceiveResult? _final;

    public SocketReceiver(SocketConnection connection, int windowSize)
        : base(unsafeSuppressExecutionContextFlow: true)
    {
        _connection = connection;
        _pool = WindowPool.Of(windowSize);
        _window = new ReceiveWindow(_pool);
    }

    public long TotalBytes => Volatile.Read(ref _totalBytes);

    public int UnreadBytes => _window.Unread;

    public ValueTask<ReceiveResult> ReceiveAsync() => ReceiveUntilAsync(CancellationToken.None);

    /// <summary>Receives until a token is cancelled.</summary>
    public ValueTask<ReceiveResult> ReceiveUntilAsync(CancellationToken giveUp)
    {
        if (_waiting)
        {
            throw new InvalidOperationException("A receive of this connection is pending; one reader at a time was expected.");
        }

        if (_window.Unread > 0 && !_window.WantsMore)
        {
            // Bytes that were left come first, followed by more if more are there already.
            if (!_lastReadWasShort && _final is null)
            {
                _ = TryRead(out _);
            }

            return new(_window.HandOut());
        }

        if (_final is { } final)
        {
            // Bytes that were never consumed come again before the end does.
            _window.WantsMore = false;
            return new(final);
        }

        if (!_lastReadWasShort && TryRead(out var result))
        {
            return new(result);
        }

        return giveUp.CanBeCanceled ? WaitUntilAsync(giveUp) : WaitAsync();
    }

    /// <summary>Blocks the thread until a receive completes at once, unless one is pending.</summary>
    public void Block()
    {
        if (_waiting || _final is not null || (_window.Unread > 0 && !_window.WantsMore))
        {
            return;
        }

        try
        {
            _ = _connection.Socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The receive reports it.
            return;
        }

        _lastReadWasShort = false;
    }

    public void Advance(int consumed) => _window.Advance(consumed);

    /// <summary>Hands the whole buffer over to a sender that could not send all of it; null if it holds more than the bytes given.</summary>
    public byte[]? TakeBuffer(ReadOnlyMemory<byte> received) => received.Length == _window.Unread ? _window.Take(out _, out _) : null;

    public int StartOfUnread => _window.Start;

    /// <summary>The pool that a taken buffer goes back to.</summary>
    public WindowPool Pool => _pool;

    public void Release()
    {
        _released = true;
        if (!_waiting)
        {
            _window.Release();
            Dispose();
        }
    }

    ReceiveResult IValueTaskSource<ReceiveResult>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReceiveResult>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<ReceiveResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        if (CompleteWait(out var result) || !Wait(out result))
        {
            _waiting = false;
            if (_released)
            {
                _window.Release();
                Dispose();
            }

            _completion.SetResult(result);
        }
    }

    private ValueTask<ReceiveResult> WaitAsync()
    {
        _window.ReleaseForWait();
        _completion.Reset();
        _waiting = true;
        if (Wait(out var result))
        {
            return new(this, _completion.Version);
        }

        _waiting = false;
        return new(result);
    }

    // This object's own operation cannot be cancelled, so another one waits first, which takes nothing.
    private async ValueTask<ReceiveResult> WaitUntilAsync(CancellationToken giveUp)
    {
        _window.ReleaseForWait();
        _waiting = true;
        var isGivenUp = false;
        try
        {
            await _connection.Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, giveUp).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _window.WantsMore = false;
            isGivenUp = true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The next operation reports it.
            isGivenUp = false;
        }

        _waiting = false;
        if (_released)
        {
            _window.Release();
            Dispose();
            return new(TransportStatus.Aborted, default);
        }

        return isGivenUp ? new(TransportStatus.Aborted, default) : await WaitAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until there is something to read; false if the result is there already.</summary>
    private bool Wait(out ReceiveResult result)
    {
        try
        {
            while (!_connection.Socket.ReceiveAsync(this))
            {
                if (CompleteWait(out result))
                {
                    return false;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            result = End(new(TransportStatus.Aborted, default));
            return false;
        }

        result = default;
        return true;
    }

    private bool CompleteWait(out ReceiveResult result)
    {
        if (SocketError != SocketError.Success)
        {
            result = End(new(_connection.Classify(SocketError), default));
            return true;
        }

        return TryRead(out result);
    }

    /// <summary>Reads the available bytes; false if there are none.</summary>
    private bool TryRead(out ReceiveResult result)
    {
        var room = _window.MakeRoom();
        SocketError error;
        int count;
        try
        {
            count = _connection.Socket.Receive(room, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            result = End(new(TransportStatus.Aborted, default));
            return true;
        }

        if (error == SocketError.WouldBlock)
        {
            result = default;
            return false;
        }

        if (error == SocketError.Success && count > 0)
        {
            _lastReadWasShort = count < Math.Min(room.Length, LargeRead);
            _window.Commit(count);
            Volatile.Write(ref _totalBytes, _totalBytes + count);
            result = _window.HandOut();
            return true;
        }

        result = End(error == SocketError.Success ? EndOfStream() : new(_connection.Classify(error), default));
        return true;
    }

    private ReceiveResult EndOfStream() =>
        _connection.IsAborted ? new(TransportStatus.Aborted, default)
        : _connection.IsFin() ? ReceiveResult.Fin
        : new(TransportStatus.Reset, default);

    private ReceiveResult End(ReceiveResult final)
    {
        if (final.Status != TransportStatus.Aborted)
        {
            _connection.RecordPeerFinished();
        }

        _final = final;
        _window.WantsMore = false;
        return final;
    }
}
