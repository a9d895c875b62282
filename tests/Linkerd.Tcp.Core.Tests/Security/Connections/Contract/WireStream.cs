using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

/// <summary>A plain connection as the stream below a foreign peer's SslStream. What is received is recorded, and what is written can be held and released in other pieces.</summary>
internal sealed class WireStream(TransportConnection raw) : Stream
{
    private const int MaxRecorded = 64 * 1024;
    private MemoryStream? _held;

    /// <summary>The first bytes that have come: handshakes are whole in it.</summary>
    public MemoryStream Received { get; } = new();

    /// <summary>The most bytes of one send.</summary>
    public int MaxSend { get; set; } = int.MaxValue;

    /// <summary>Whether the FIN of TCP was read.</summary>
    public bool HasFin { get; private set; }

    /// <summary>The status of TCP with which reading ended.</summary>
    public TransportStatus End { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>What is written from now on is not sent before <see cref="ReleaseAsync"/>.</summary>
    public void Hold() => _held = new();

    public long HeldLength => _held?.Length ?? 0;

    /// <summary>The bytes that are held, which are not sent any more.</summary>
    public byte[] TakeHeld()
    {
        var held = _held!.ToArray();
        _held = null;
        return held;
    }

    public Task ReleaseAsync() => WriteAsync(TakeHeld()).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var received = await raw.ReceiveAsync().ConfigureAwait(false);
        if (received.Data.IsEmpty)
        {
            End = received.Status;
            HasFin = received.IsFin;
            return HasFin ? 0 : throw new IOException($"TCP: {received.Status}");
        }

        var count = Math.Min(buffer.Length, received.Data.Length);
        if (count > 0)
        {
            received.Data.Span[..count].CopyTo(buffer.Span);
            if (Received.Length < MaxRecorded)
            {
                Received.Write(received.Data.Span[..count]);
            }

            raw.Advance(count);
        }

        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_held is { } held)
        {
            held.Write(buffer.Span);
            return;
        }

        while (!buffer.IsEmpty)
        {
            var some = buffer[..Math.Min(MaxSend, buffer.Length)];
            buffer = buffer[some.Length..];
            if (await raw.SendAsync(some).ConfigureAwait(false) is var status and not TransportStatus.Ok)
            {
                throw new IOException($"TCP: {status}");
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => _ = WriteAsync(buffer.AsMemory(offset, count)).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
