using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Receives for callers on any thread, into a buffer of the connection's own, which goes back to the pool when it is empty. Made when it is
/// first needed: a copy between two connections of one loop goes without (<see cref="EpollRelay"/>).
/// </summary>
internal sealed unsafe class EpollReceiver(EpollConnection connection, int windowSize) : ILoopReader, IValueTaskSource<ReceiveResult>
{
    private ManualResetValueTaskSourceCore<ReceiveResult> _completion;
    private ReceiveWindow _window = new(WindowPool.Of(windowSize));
    private bool _waiting;
    private bool _isProbe;
    private int _wait;
    private bool _released;

    public int UnreadBytes => _window.Unread;

    private EpollLoop Loop => connection.Loop;

    private bool CanRead => connection.IsReadable || connection.HasReadEnded || connection.IsClosed;

    public ValueTask<ReceiveResult> ReceiveAsync()
    {
        if (_waiting)
        {
            throw new InvalidOperationException("A receive of this connection is pending; one reader at a time was expected.");
        }

        var isCurrent = connection.Loop.IsCurrent;
        if (_window.Unread > 0 && !_window.WantsMore)
        {
            // Bytes that were left come first, followed by more if more are there already.
            if (isCurrent && connection.IsReadable && !connection.HasReadEnded)
            {
                TryRead(out _);
            }

            return new(_window.HandOut());
        }

        if (isCurrent && TryReceive(out var result))
        {
            return new(result);
        }

        _completion.Reset();
        _waiting = true;
        _wait++;
        if (isCurrent)
        {
            Wait();
        }
        else
        {
            connection.Loop.Post(static receiver => ((EpollReceiver)receiver!).Begin(), this);
        }

        return new(this, _completion.Version);
    }

    /// <summary>Waits until <see cref="TryReceive(Span{byte}, out int, out TransportStatus)"/> has a result. On the loop. The result has no meaning.</summary>
    public ValueTask<ReceiveResult> WaitAsync()
    {
        if (_window.Unread > 0 || CanRead)
        {
            return default;
        }

        _completion.Reset();
        _waiting = _isProbe = true;
        _wait++;
        Wait();
        return new(this, _completion.Version);
    }

    /// <summary>Receives into a buffer of the caller, without a window. On the loop, while no receive is pending.</summary>
    /// <returns>True if there is a result: bytes, or the end if there are none.</returns>
    public bool TryReceive(Span<byte> buffer, out int count, out TransportStatus end)
    {
        if (_window.Unread > 0)
        {
            count = Math.Min(buffer.Length, _window.Unread);
            end = TransportStatus.Ok;
            _window.HandOut().Data.Span[..count].CopyTo(buffer);
            _window.Advance(count);
            if (_window.Unread == 0)
            {
                _window.Release();
            }

            return true;
        }

        (count, end) = (0, TransportStatus.Ok);
        if (!CanRead)
        {
            return false;
        }

        fixed (byte* pointer = buffer)
        {
            return connection.TryRead(pointer, buffer.Length, out count, out end);
        }
    }

    /// <summary>Returns what ends the wait that the last receive began, if it still waits by then: it completes with <see cref="TransportStatus.Aborted"/>, and the connection goes on. By the caller of the receive.</summary>
    public WaitEnd EndOfWait() => new(this, _wait);

    public void Advance(int consumed) => _window.Advance(consumed);

    public byte[]? TakeUnread(out int start, out int length) => _window.Take(out start, out length);

    public void OnReadable()
    {
        if (_waiting)
        {
            if (_isProbe)
            {
                Complete(default);
            }
            else if (TryReceive(out var result))
            {
                Complete(result);
            }
        }
    }

    public void OnClosed()
    {
        if (_waiting)
        {
            Complete(new(TransportStatus.Aborted, default));
        }
    }

    /// <summary>Gives an empty buffer back, as the next receives may go without it.</summary>
    public void ReleaseForWait() => _window.ReleaseForWait();

    public void Release()
    {
        _released = true;
        if (!_waiting)
        {
            _window.Release();
        }
    }

    ReceiveResult IValueTaskSource<ReceiveResult>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReceiveResult>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<ReceiveResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void GiveUp(int wait)
    {
        // A later receive is not meant.
        if (_waiting && _wait == wait)
        {
            _window.WantsMore = false;
            Complete(new(TransportStatus.Aborted, default));
        }
    }

    private void Begin()
    {
        // It was given up before it began.
        if (!_waiting)
        {
            return;
        }

        if (TryReceive(out var result))
        {
            Complete(result);
        }
        else
        {
            Wait();
        }
    }

    private void Wait()
    {
        _window.ReleaseForWait();
        connection.SetReader(this);
    }

    private void Complete(ReceiveResult result)
    {
        _waiting = _isProbe = false;
        connection.SetReader(null);
        if (_released)
        {
            _window.Release();
        }

        _completion.SetResult(result);
    }

    private bool TryReceive(out ReceiveResult result)
    {
        if (!TryRead(out result))
        {
            return false;
        }

        if (result.Data.IsEmpty)
        {
            // Bytes that were never consumed come again before the end does.
            _window.WantsMore = false;
        }

        return true;
    }

    private bool TryRead(out ReceiveResult result)
    {
        result = default;
        if (!CanRead)
        {
            return false;
        }

        var room = _window.MakeRoom();
        int count;
        TransportStatus end;
        fixed (byte* buffer = room)
        {
            if (!connection.TryRead(buffer, room.Length, out count, out end))
            {
                return false;
            }
        }

        if (count > 0)
        {
            _window.Commit(count);
            result = _window.HandOut();
        }
        else
        {
            result = new(end, default);
        }

        return true;
    }

    /// <summary>The end of one wait.</summary>
    public sealed class WaitEnd(EpollReceiver receiver, int wait)
    {
        /// <summary>Ends the wait. Any thread.</summary>
        public void Run()
        {
            if (receiver.Loop.IsCurrent)
            {
                receiver.GiveUp(wait);
            }
            else
            {
                receiver.Loop.Post(static end => ((WaitEnd)end!).RunNow(), this);
            }
        }

        private void RunNow() => receiver.GiveUp(wait);
    }
}
