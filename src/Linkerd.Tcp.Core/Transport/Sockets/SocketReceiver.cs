using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp;

/// <summary>
/// The receiving half of a connection. First tries without waiting; where nothing is there it gives its buffer back and waits with a
/// zero-byte receive. After a short read it does not try again before waiting: the kernel had no more, and would only say so.
/// </summary>
internal sealed class SocketReceiver : SocketAsyncEventArgs, IValueTaskSource<ReceiveResult>
{
    // After a read of this size more is likely to follow at once, and a try in vain costs little beside it.
    private const int LargeRead = 16 * 1024;

    private readonly SocketConnection _connection;
    private readonly WindowPool _pool;
    private ManualResetValueTaskSourceCore<ReceiveResult> _completion;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private long _totalBytes;
    private bool _wantsMore;
    private bool _lastReadWasShort;
    private bool _waiting;
    private bool _released;
    private ReceiveResult? _final;

    public SocketReceiver(SocketConnection connection, int windowSize)
        : base(unsafeSuppressExecutionContextFlow: true)
    {
        _connection = connection;
        _pool = WindowPool.Of(windowSize);
    }

    public long TotalBytes => Volatile.Read(ref _totalBytes);

    public int UnreadBytes => _end - _start;

    public ValueTask<ReceiveResult> ReceiveAsync()
    {
        Debug.Assert(!_waiting, "One reader at a time.");
        if (UnreadBytes > 0 && !_wantsMore)
        {
            // What was left comes first, with more behind it where more is there already.
            if (!_lastReadWasShort && _final is null)
            {
                _ = TryRead(out _);
            }

            return new(HandOut());
        }

        if (_final is { } final)
        {
            // What was never consumed comes again before the end does.
            _wantsMore = false;
            return new(final);
        }

        if (!_lastReadWasShort && TryRead(out var result))
        {
            return new(result);
        }

        return WaitAsync();
    }

    public void Advance(int consumed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(consumed);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(consumed, UnreadBytes);
        _start += consumed;
        _wantsMore = consumed == 0;
        if (UnreadBytes == 0)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Hands the whole buffer over to a sender that could not send all of it; null where it holds anything besides what is given.</summary>
    public byte[]? TakeBuffer(ReadOnlyMemory<byte> received)
    {
        if (_buffer is null || received.Length != UnreadBytes)
        {
            return null;
        }

        var buffer = _buffer;
        _buffer = null;
        Advance(received.Length);
        return buffer;
    }

    public int StartOfUnread => _start;

    /// <summary>Where a buffer that was taken goes in the end.</summary>
    public WindowPool Pool => _pool;

    public void Release()
    {
        _released = true;
        if (!_waiting)
        {
            ReturnBuffer();
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
                ReturnBuffer();
                Dispose();
            }

            _completion.SetResult(result);
        }
    }

    private ValueTask<ReceiveResult> WaitAsync()
    {
        if (UnreadBytes == 0)
        {
            ReturnBuffer();
        }

        _completion.Reset();
        _waiting = true;
        if (Wait(out var result))
        {
            return new(this, _completion.Version);
        }

        _waiting = false;
        return new(result);
    }

    /// <summary>Waits until there is something to read; false where the result is there already.</summary>
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
            result = End(new(_connection.Judge(SocketError), default));
            return true;
        }

        return TryRead(out result);
    }

    /// <summary>Reads what is there; false where nothing is.</summary>
    private bool TryRead(out ReceiveResult result)
    {
        MakeRoom();
        SocketError error;
        int count;
        try
        {
            count = _connection.Socket.Receive(_buffer.AsSpan(_end), SocketFlags.None, out error);
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
            _lastReadWasShort = count < Math.Min(_buffer!.Length - _end, LargeRead);
            _end += count;
            Volatile.Write(ref _totalBytes, _totalBytes + count);
            result = HandOut();
            return true;
        }

        result = End(error == SocketError.Success ? EndOfStream() : new(_connection.Judge(error), default));
        return true;
    }

    private ReceiveResult EndOfStream() =>
        _connection.IsAborted ? new(TransportStatus.Aborted, default)
        : _connection.IsFin() ? ReceiveResult.Fin
        : new(TransportStatus.Reset, default);

    private ReceiveResult End(ReceiveResult final)
    {
        _final = final;
        _wantsMore = false;
        return final;
    }

    private ReceiveResult HandOut()
    {
        _wantsMore = false;
        return new(TransportStatus.Ok, _buffer.AsMemory(_start, UnreadBytes));
    }

    private void MakeRoom()
    {
        if (_buffer is null)
        {
            _buffer = _pool.Rent();
        }
        else if (_end == _buffer.Length)
        {
            // A caller that looks without taking wants more than a window: let it have one.
            var roomier = _start > 0 ? _buffer : new byte[_buffer.Length * 2];
            _buffer.AsSpan(_start, UnreadBytes).CopyTo(roomier);
            (_start, _end) = (0, UnreadBytes);
            if (roomier != _buffer)
            {
                _pool.Return(_buffer);
                _buffer = roomier;
            }
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            _start = _end = 0;
            _pool.Return(buffer);
        }
    }
}
