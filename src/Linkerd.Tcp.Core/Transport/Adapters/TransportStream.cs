using System.Buffers;
using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Transport.Adapters;

/// <summary>
/// A connection as a <see cref="Stream"/>: its FIN is the end of the stream, every other end an <see cref="IOException"/>. One reader and one writer at a time.
/// An operation that is cancelled aborts the connection, as nothing else ends an operation of it. Disposing ends a pending read, and loses nothing that was written; a pending write is
/// cut by a reset, as its end would look like that of the stream.
/// </summary>
/// <remarks>A read or write that waits allocates nothing: its state machine is pooled.</remarks>
/// <param name="connection">The connection.</param>
/// <param name="owner">Disposed with the stream.</param>
internal sealed class TransportStream(TransportConnection connection, IAsyncDisposable owner) : Stream
{
    // The peer's acknowledgement, by which a connection that cannot be closed during a read may be aborted.
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(1);

    private byte[]? _rest;
    private int _restStart;
    private int _restLength;
    private int _pendingReads;
    private int _pendingWrites;
    private int _isDisposed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_restLength > 0)
        {
            return TakeRest(buffer.Span);
        }

        ReceiveResult received;
        using (new PendingOperation(this, isRead: true, cancellationToken))
        {
            received = await connection.ReceiveAsync().ConfigureAwait(false);
        }

        return Take(received, buffer.Span, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty)
        {
            return;
        }

        TransportStatus status;
        using (new PendingOperation(this, isRead: false, cancellationToken))
        {
            status = await connection.SendAsync(buffer).ConfigureAwait(false);
        }

        End(status, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        if (_restLength > 0)
        {
            return TakeRest(buffer);
        }

        ReceiveResult received;
        using (new PendingOperation(this, isRead: true, CancellationToken.None))
        {
            received = connection.Receive();
        }

        return Take(received, buffer, CancellationToken.None);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        if (buffer.IsEmpty)
        {
            return;
        }

        TransportStatus status;
        using (new PendingOperation(this, isRead: false, CancellationToken.None))
        {
            status = connection.Send(buffer);
        }

        End(status, CancellationToken.None);
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await DisposeOnceAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            var closing = DisposeOnceAsync();
            if (closing.IsCompleted)
            {
                closing.GetAwaiter().GetResult();
            }

            // Otherwise a pending read is being ended, for which nobody has to wait.
        }

        base.Dispose(disposing);
    }

    private static void End(TransportStatus status, CancellationToken cancellationToken)
    {
        if (status == TransportStatus.Ok)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new IOException(status switch
        {
            TransportStatus.Reset => "The connection was reset by the peer.",
            TransportStatus.TimedOut => "The peer has not answered for too long.",
            _ => "The connection was aborted.",
        });
    }

    private async Task DisposeOnceAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (Volatile.Read(ref _pendingWrites) > 0)
        {
            Abort();
        }
        else if (Volatile.Read(ref _pendingReads) > 0)
        {
            await EndReadAsync().ConfigureAwait(false);
        }

        await owner.DisposeAsync().ConfigureAwait(false);
        ReturnRest();
    }

    // The FIN comes first: a socket that is closed during a read sends a RST otherwise. Most connections end a read by Abort only, and it throws away what the peer has not acknowledged.
    private async Task EndReadAsync()
    {
        try
        {
            connection.ShutdownSend();
            if (connection.ClosesWhileReceiving)
            {
                return;
            }

            await connection.FlushToPeerAsync().AsTask().WaitAsync(FlushPatience, connection.Executor.TimeProvider).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The connection may be user code; the abort ends it in any case.
        }

        Abort();
    }

    private void Abort() => ForeignConnection.TryAbort(connection);

    private int Take(ReceiveResult received, Span<byte> buffer, CancellationToken cancellationToken)
    {
        if (received.Data.IsEmpty)
        {
            End(received.Status, cancellationToken);
            return 0;
        }

        var taken = Math.Min(buffer.Length, received.Data.Length);
        received.Data.Span[..taken].CopyTo(buffer);
        if (taken == 0)
        {
            // A wait for bytes. The bytes must be taken before the caller suspends, and come again in the next read.
            Keep(received.Data.Span);
            connection.Advance(received.Data.Length);
            return 0;
        }

        connection.Advance(taken);
        return taken;
    }

    private int TakeRest(Span<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, _restLength);
        _rest.AsSpan(_restStart, taken).CopyTo(buffer);
        _restStart += taken;
        _restLength -= taken;
        if (_restLength == 0)
        {
            ReturnRest();
        }

        return taken;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        _rest = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(_rest);
        (_restStart, _restLength) = (0, bytes.Length);
    }

    private void ReturnRest()
    {
        if (Interlocked.Exchange(ref _rest, null) is { } rest)
        {
            ArrayPool<byte>.Shared.Return(rest);
        }
    }

    /// <summary>An operation that a disposal has to end, and that its token aborts.</summary>
    private readonly struct PendingOperation : IDisposable
    {
        private readonly TransportStream _stream;
        private readonly bool _isRead;
        private readonly CancellationTokenRegistration _cancellation;

        public PendingOperation(TransportStream stream, bool isRead, CancellationToken cancellationToken)
        {
            (_stream, _isRead) = (stream, isRead);
            Interlocked.Increment(ref Count);
            _cancellation = cancellationToken.UnsafeRegister(static stream => ((TransportStream)stream!).Abort(), stream);
        }

        private ref int Count => ref _isRead ? ref _stream._pendingReads : ref _stream._pendingWrites;

        public void Dispose()
        {
            _cancellation.Dispose();
            Interlocked.Decrement(ref Count);
        }
    }
}
