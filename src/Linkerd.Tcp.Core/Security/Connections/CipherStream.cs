using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security.Connections;

/// <summary>
/// The encrypted side of a connection, as the stream that SslStream reads and writes. It has no buffer of its own: a read of nothing waits for bytes without one, and what
/// one write of SslStream makes is handed to the connection in one piece. One reader and one writer at a time.
/// </summary>
internal sealed class CipherStream(TransportConnection connection) : Stream
{
    private const int MaxPlaintext = 16 * 1024;
    private const int MaxOverhead = 96;
    private const int HeaderLength = 5;

    // As many as a message quotes.
    private const int HeadLength = 24;

    // More than a receive of a window takes. A peer may send messages without data (KeyUpdate) without end, which SslStream reads in one go.
    private const int MaxInOneGo = 80 * 1024;

    private readonly IDirectReceiver? _direct = connection as IDirectReceiver;
    private HandshakeLane.Handshake? _handshake;
    private byte[] _head = [];
    private int _headCount;
    private byte[]? _gathered;
    private int _gatheredCount;
    private ValueTask<TransportStatus> _sending;
    private bool _isWriting;
    private ReceiveResult _seen;
    private int _readInOneGo;
    private uint _header;
    private int _headerCount;
    private int _recordLength;
    private int _recordRest;

    /// <summary>Gets a value that indicates whether the peer's FIN was read. Without a close_notify before it, the stream was cut.</summary>
    public bool HasFin { get; private set; }

    /// <summary>Gets the status with which reading or writing failed; <see cref="TransportStatus.Ok"/> if neither did.</summary>
    public TransportStatus Failure { get; private set; }

    /// <summary>Gets the first bytes that the peer has sent, during a handshake that keeps them.</summary>
    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _headCount);

    /// <summary>Gets a value that indicates whether anything was written.</summary>
    public bool HasWritten { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From here on each step of the handshake waits for its turn.</summary>
    /// <param name="handshake">The handshake.</param>
    /// <param name="keepsHead">Whether <see cref="Head"/> is wanted.</param>
    public void BeginHandshake(HandshakeLane.Handshake handshake, bool keepsHead)
    {
        _handshake = handshake;
        _head = keepsHead ? new byte[HeadLength] : [];
    }

    /// <summary>From here on there are no turns.</summary>
    public void EndHandshake()
    {
        _handshake = null;
        _head = [];
        _headCount = 0;
    }

    /// <summary>From here on what is read is for another receive.</summary>
    public void BeginRead() => _readInOneGo = 0;

    /// <summary>Writes from here on are put together, until <see cref="SendAsync"/>: they complete at once, and the memory that was written is free then.</summary>
    /// <param name="length">The number of bytes that will be encrypted.</param>
    public void BeginWrite(int length)
    {
        _isWriting = true;
        if (length > MaxPlaintext)
        {
            // Each record of up to 16 KiB has a header, a tag and perhaps an explicit nonce (RFC 5246 with CBC: 5 + 16 + 48 + 16 bytes at most).
            _gathered = ArrayPool<byte>.Shared.Rent(length + (((length / MaxPlaintext) + 1) * MaxOverhead));
            _gatheredCount = 0;
        }
    }

    /// <summary>Sends what was put together.</summary>
    public ValueTask<TransportStatus> SendAsync()
    {
        _isWriting = false;
        if (_gathered is { } gathered)
        {
            _gathered = null;
            var sending = connection.SendAsync(gathered.AsMemory(0, _gatheredCount));
            ArrayPool<byte>.Shared.Return(gathered);
            return sending;
        }

        return (_sending, _sending = default).Item1;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // SslStream reads at once what it waited for with a read of nothing. To receive the same again could make the window of the connection grow: more may have come.
        if (!_seen.Data.IsEmpty)
        {
            var seen = _seen;
            _seen = default;
            return new(Take(seen, buffer));
        }

        if (_handshake is { } handshake)
        {
            return ReadInTurnAsync(handshake, buffer);
        }

        if (_readInOneGo > MaxInOneGo)
        {
            return YieldAndReadAsync(buffer);
        }

        if (_direct is { } direct && connection.Executor.IsCurrent)
        {
            if (buffer.IsEmpty)
            {
                return WaitAsync(direct.WaitAsync());
            }

            buffer = UpToTheEndOfARecord(buffer);
            return direct.TryReceive(buffer.Span, out var count, out var end) ? new(Take(count, end, buffer.Span)) : WaitAsync(direct, buffer);
        }

        var receiving = connection.ReceiveAsync();
        return receiving.IsCompletedSuccessfully ? new(Take(receiving.Result, buffer)) : WaitAsync(receiving, buffer);
    }

    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "What is kept is consumed once, by SendAsync.")]
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        HasWritten = true;
        if (_gathered is not null)
        {
            Gather(buffer.Span);
            return default;
        }

        // What the kernel does not take is copied by the connection: the memory is free when the call returns.
        if (_isWriting)
        {
            _isWriting = false;
            _sending = connection.SendAsync(buffer);
            return default;
        }

        return WaitSentAsync(connection.SendAsync(buffer));
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // SslStream writes the alert for a certificate that it refuses in this way; the connection copies what the kernel does not take.
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        HasWritten = true;
        _ = connection.SendAsync(buffer.ToArray()).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Gather(ReadOnlySpan<byte> bytes)
    {
        var gathered = _gathered!;
        if (_gatheredCount + bytes.Length > gathered.Length)
        {
            // An answer to a message of the peer (KeyUpdate) comes in between.
            _gathered = ArrayPool<byte>.Shared.Rent(_gatheredCount + bytes.Length);
            gathered.AsSpan(0, _gatheredCount).CopyTo(_gathered);
            ArrayPool<byte>.Shared.Return(gathered);
        }

        bytes.CopyTo(_gathered.AsSpan(_gatheredCount));
        _gatheredCount += bytes.Length;
    }

    private static ValueTask<int> WaitAsync(ValueTask<ReceiveResult> waiting)
    {
        return waiting.IsCompletedSuccessfully ? new(0) : Wait(waiting);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        static async ValueTask<int> Wait(ValueTask<ReceiveResult> waiting)
        {
            await waiting.ConfigureAwait(false);
            return 0;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(IDirectReceiver direct, Memory<byte> buffer)
    {
        int count;
        TransportStatus end;
        while (!direct.TryReceive(buffer.Span, out count, out end))
        {
            await direct.WaitAsync().ConfigureAwait(false);
        }

        return Take(count, end, buffer.Span);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<ReceiveResult> receiving, Memory<byte> buffer) => Take(await receiving.ConfigureAwait(false), buffer);

    private async ValueTask<int> YieldAndReadAsync(Memory<byte> buffer)
    {
        _readInOneGo = 0;
        await connection.Executor.Yield();
        return Take(await connection.ReceiveAsync().ConfigureAwait(false), buffer);
    }

    private async ValueTask<int> ReadInTurnAsync(HandshakeLane.Handshake handshake, Memory<byte> buffer)
    {
        var receiving = connection.ReceiveAsync();
        int count;
        if (receiving.IsCompletedSuccessfully)
        {
            count = Take(receiving.Result, buffer);
        }
        else
        {
            handshake.BeginWait();
            try
            {
                count = Take(await receiving.ConfigureAwait(false), buffer);
            }
            finally
            {
                handshake.EndWait();
            }
        }

        if (!buffer.IsEmpty)
        {
            await handshake.Turn();
        }

        return count;
    }

    private async ValueTask WaitSentAsync(ValueTask<TransportStatus> sending)
    {
        var handshake = sending.IsCompleted ? null : _handshake;
        handshake?.BeginWait();
        var status = await sending.ConfigureAwait(false);
        handshake?.EndWait();
        if (status != TransportStatus.Ok)
        {
            Failure = status;
            throw new IOException($"The connection has ended: {status}.");
        }
    }

    private int Take(int count, TransportStatus end, ReadOnlySpan<byte> buffer)
    {
        if (count == 0)
        {
            return TakeEnd(end);
        }

        _readInOneGo += count;
        FollowRecords(buffer[..count]);
        return count;
    }

    private int TakeEnd(TransportStatus end)
    {
        if (end == TransportStatus.Ok)
        {
            HasFin = true;
            return 0;
        }

        Failure = end;
        throw new IOException($"The connection has ended: {end}.");
    }

    // In a stream of whole records, what is read beyond the end of one is a part of the next, which SslStream would move to the start of its buffer before it reads the rest: a copy of each record.
    private Memory<byte> UpToTheEndOfARecord(Memory<byte> buffer)
    {
        if (_recordLength < MaxPlaintext || _headerCount > 0)
        {
            return buffer;
        }

        var more = HeaderLength + _recordLength;
        var most = _recordRest == 0 ? more : _recordRest + more <= buffer.Length ? _recordRest + more : _recordRest;
        return most < buffer.Length ? buffer[..most] : buffer;
    }

    private void FollowRecords(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_recordRest > 0)
            {
                var count = Math.Min(_recordRest, bytes.Length);
                _recordRest -= count;
                bytes = bytes[count..];
                continue;
            }

            // The last two bytes of a header are the length.
            _header = (_header << 8) | bytes[0];
            bytes = bytes[1..];
            if (++_headerCount == HeaderLength)
            {
                _headerCount = 0;
                _recordRest = _recordLength = (int)(_header & 0xFFFF);
            }
        }
    }

    private int Take(in ReceiveResult received, Memory<byte> buffer)
    {
        if (received.Data.IsEmpty)
        {
            return TakeEnd(received.Status);
        }

        // After a read of nothing the bytes stay where they are.
        var count = Math.Min(buffer.Length, received.Data.Length);
        if (count == 0)
        {
            _seen = received;
        }
        else
        {
            var bytes = received.Data.Span[..count];
            bytes.CopyTo(buffer.Span);
            if (_headCount < _head.Length)
            {
                var head = bytes[..Math.Min(count, _head.Length - _headCount)];
                head.CopyTo(_head.AsSpan(_headCount));
                _headCount += head.Length;
            }

            FollowRecords(bytes);
            connection.Advance(count);
            _readInOneGo += count;
        }

        return count;
    }
}
