using System.Buffers;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>
/// The sending half of a connection. Sends as much as the kernel takes at once; only under back-pressure is the rest kept, in a pooled
/// buffer, and an operation of its own made to send it.
/// </summary>
internal sealed class SocketSender(SocketConnection connection)
{
    private readonly SocketConnection _connection = connection;
    private PendingSend? _pending;
    private long _totalBytes;
    private volatile bool _busy;

    public long TotalBytes => Volatile.Read(ref _totalBytes);

    /// <summary>True if a send is under way, so that the kernel may be reporting to it an end that a receive needs.</summary>
    public bool IsBusy => _busy;

    /// <param name="data">The bytes to send.</param>
    /// <param name="source">The receiver that handed the data out, and is to be advanced past it; null for none.</param>
    public ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data, SocketReceiver? source)
    {
        if (data.IsEmpty)
        {
            return new(TransportStatus.Ok);
        }

        int sent;
        SocketError error;
        _busy = true;
        try
        {
            sent = _connection.Socket.Send(data.Span, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            source?.Advance(data.Length);
            return Done(TransportStatus.Aborted);
        }

        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            source?.Advance(data.Length);
            return Done(_connection.Classify(error));
        }

        Count(sent);
        if (sent == data.Length)
        {
            source?.Advance(data.Length);
            return Done(TransportStatus.Ok);
        }

        // The runtime tries again after a part was taken, and does not report a reset that this try meets; the next one only returns EPIPE.
        _connection.RecordLostReset();
        _pending ??= new PendingSend(this);
        return SendRest(data, sent, source);
    }

    /// <summary>Sends all of it, and blocks the thread until the kernel has taken the last byte.</summary>
    public TransportStatus Send(ReadOnlySpan<byte> data)
    {
        _busy = true;
        try
        {
            while (true)
            {
                var sent = _connection.Socket.Send(data, SocketFlags.None, out var error);
                if (error is not (SocketError.Success or SocketError.WouldBlock))
                {
                    return _connection.Classify(error);
                }

                Count(sent);
                data = data[sent..];
                if (data.IsEmpty)
                {
                    return TransportStatus.Ok;
                }

                _connection.RecordLostReset();
                _ = _connection.Socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectWrite);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return error is SocketException { SocketErrorCode: var code } ? _connection.Classify(code) : TransportStatus.Aborted;
        }
        finally
        {
            _busy = false;
        }
    }

    public void Release() => _pending?.Release();

    private ValueTask<TransportStatus> SendRest(ReadOnlyMemory<byte> data, int sent, SocketReceiver? source)
    {
        var rest = data[sent..];
        var start = source is null ? 0 : source.StartOfUnread + sent;
        if (source?.TakeBuffer(data) is { } taken)
        {
            return _pending!.SendAsync(taken, start, rest.Length, source.Pool);
        }

        var copy = ArrayPool<byte>.Shared.Rent(rest.Length);
        rest.CopyTo(copy);
        source?.Advance(data.Length);
        return _pending!.SendAsync(copy, 0, rest.Length, pool: null);
    }

    private ValueTask<TransportStatus> Done(TransportStatus status)
    {
        _busy = false;
        return new(status);
    }

    private void Count(int sent) => Volatile.Write(ref _totalBytes, _totalBytes + sent);

    /// <summary>A send that waits for the kernel's buffer, in one operation until its last byte; it owns the bytes until then.</summary>
    private sealed class PendingSend : SocketAsyncEventArgs, IValueTaskSource<TransportStatus>
    {
        private readonly SocketSender _sender;
        private ManualResetValueTaskSourceCore<TransportStatus> _completion;
        private byte[]? _buffer;
        private WindowPool? _pool;
        private bool _released;

        public PendingSend(SocketSender sender)
            : base(unsafeSuppressExecutionContextFlow: true)
        {
            _sender = sender;
        }

        /// <param name="buffer">The buffer that holds the bytes.</param>
        /// <param name="start">Their start.</param>
        /// <param name="length">Their number.</param>
        /// <param name="pool">The pool that owns the buffer; null for the shared array pool.</param>
        public ValueTask<TransportStatus> SendAsync(byte[] buffer, int start, int length, WindowPool? pool)
        {
            _completion.Reset();
            _buffer = buffer;
            _pool = pool;
            SetBuffer(buffer, start, length);
            try
            {
                return _sender._connection.Socket.SendAsync(this) ? new(this, _completion.Version) : new(Finish());
            }
            catch (ObjectDisposedException)
            {
                GiveBack();
                return _sender.Done(TransportStatus.Aborted);
            }
        }

        public void Release()
        {
            _released = true;
            if (_buffer is null)
            {
                Dispose();
            }
        }

        TransportStatus IValueTaskSource<TransportStatus>.GetResult(short token) => _completion.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<TransportStatus>.GetStatus(short token) => _completion.GetStatus(token);

        void IValueTaskSource<TransportStatus>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _completion.OnCompleted(continuation, state, token, flags);

        protected override void OnCompleted(SocketAsyncEventArgs e) => _completion.SetResult(Finish());

        private TransportStatus Finish()
        {
            _sender.Count(BytesTransferred);
            if (SocketError == SocketError.Shutdown)
            {
                // As above: this is what the next try returns, after one that took a part and met a reset.
                _sender._connection.RecordLostReset();
            }

            var status = SocketError == SocketError.Success ? TransportStatus.Ok : _sender._connection.Classify(SocketError);
            GiveBack();
            _sender._busy = false;
            return status;
        }

        private void GiveBack()
        {
            if (_pool is null)
            {
                ArrayPool<byte>.Shared.Return(_buffer!);
            }
            else
            {
                _pool.Return(_buffer!);
            }

            _buffer = null;
            if (_released)
            {
                Dispose();
            }
            else
            {
                SetBuffer(default);
            }
        }
    }
}
