using System.Buffers;

namespace Linkerd.Tcp.Transport.Adapters;

/// <summary>
/// A connection as a <see cref="Stream"/>: its FIN is the end of the stream, every other end an <see cref="IOException"/>. One reader and one writer at a time.
/// An operation that is cancelled aborts the connection, as nothing else ends an operation of it.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="owner">Disposed with the stream.</param>
internal sealed class TransportStream(TransportConnection connection, IAsyncDisposable owner) : Stream
{
    private byte[]? _rest;
    private int _restStart;
    private int _restLength;
    private int _pending;
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

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_restLength > 0)
        {
            return TakeRest(buffer.Span);
        }

        ReceiveResult received;
        using (AbortWith(cancellationToken))
        {
            received = await connection.ReceiveAsync().ConfigureAwait(false);
        }

        if (received.Data.IsEmpty)
        {
            End(received.Status, cancellationToken);
            return 0;
        }

        var taken = Math.Min(buffer.Length, received.Data.Length);
        received.Data.Span[..taken].CopyTo(buffer.Span);
        if (taken == 0)
        {
            // A wait for bytes. The bytes must be taken before the caller suspends, and come again in the next read.
            Keep(received.Data.Span);
            taken = received.Data.Length;
            connection.Advance(taken);
            return 0;
        }

        connection.Advance(taken);
        return taken;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty)
        {
            return;
        }

        TransportStatus status;
        using (AbortWith(cancellationToken))
        {
            status = await connection.SendAsync(buffer).ConfigureAwait(false);
        }

        if (status != TransportStatus.Ok)
        {
            End(status, cancellationToken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

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
            DisposeOnceAsync().GetAwaiter().GetResult();
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
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            if (Volatile.Read(ref _pending) > 0)
            {
                // A caller that disposes a stream expects its pending operations to end.
                connection.Abort();
            }

            await owner.DisposeAsync().ConfigureAwait(false);
            ReturnRest();
        }
    }

    private void Begin() => Interlocked.Increment(ref _pending);

    private void End() => Interlocked.Decrement(ref _pending);

    private void Abort() => ForeignConnection.TryAbort(connection);

    private PendingOperation AbortWith(CancellationToken cancellationToken) => new(this, cancellationToken);

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

    private readonly struct PendingOperation : IDisposable
    {
        private readonly TransportStream _stream;
        private readonly CancellationTokenRegistration _cancellation;

        public PendingOperation(TransportStream stream, CancellationToken cancellationToken)
        {
            _stream = stream;
            stream.Begin();
            _cancellation = cancellationToken.UnsafeRegister(static stream => ((TransportStream)stream!).Abort(), stream);
        }

        public void Dispose()
        {
            _cancellation.Dispose();
            _stream.End();
        }
    }
}
