using System.Net;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Fuzz;

/// <summary>A connection in memory, on one thread, to a peer that answers through a stream; what the peer writes is changed on its way by edits.</summary>
/// <param name="executor">The executor.</param>
/// <param name="edits">Groups of four bytes: where in the peer's bytes (two), what is done there, and with what.</param>
internal sealed class LiveConnection(TransportExecutor executor, byte[] edits) : TransportConnection
{
    private const int EditLength = 4;
    private const int Places = 3000;

    private readonly List<byte> _inbox = [];
    private TaskCompletionSource? _arrival;
    private TransportStatus? _end;
    private bool _wantsMore;
    private int _written;

    public PeerStream Peer => field ??= new PeerStream(this);

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override TransportExecutor Executor => executor;

    public override TransportTimer Deadline => throw new NotSupportedException();

    public override long BytesReceived => 0;

    public override int UnreadBytes => _inbox.Count;

    public override long BytesSent => 0;

    public override bool IsReset => _end == TransportStatus.Reset;

    public override bool HasPeerClosed => _end is not null;

    public override async ValueTask<ReceiveResult> ReceiveAsync()
    {
        while ((_inbox.Count == 0 || _wantsMore) && _end is null)
        {
            _arrival = new TaskCompletionSource();
            await _arrival.Task.ConfigureAwait(false);
        }

        var isEnd = _inbox.Count == 0 || _wantsMore;
        _wantsMore = false;
        return isEnd ? new(_end!.Value, default) : new(TransportStatus.Ok, _inbox.ToArray());
    }

    public override void Advance(int consumed)
    {
        _inbox.RemoveRange(0, consumed);
        _wantsMore = consumed == 0;
    }

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        Peer.Arrive(data.Span);
        return new(_end is null or TransportStatus.Ok ? TransportStatus.Ok : _end.Value);
    }

    public override void ShutdownSend() => Peer.ArriveEnd();

    public override ValueTask<bool> FlushToPeerAsync() => new(true);

    public override void Abort()
    {
        End(TransportStatus.Aborted);
        Peer.ArriveEnd();
    }

    public override ValueTask DisposeAsync() => default;

    /// <summary>The peer ends the connection.</summary>
    public void End(TransportStatus end)
    {
        _end ??= end;
        Wake();
    }

    private void Arrive(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (_end is not null)
            {
                return;
            }

            Edit(value, _written++);
        }

        _wantsMore = false;
        Wake();
    }

    private void Edit(byte value, int place)
    {
        for (var at = 0; at + EditLength <= edits.Length; at += EditLength)
        {
            if (((edits[at] << 8) | edits[at + 1]) % Places != place)
            {
                continue;
            }

            var operand = edits[at + 3];
            switch (edits[at + 2] % 6)
            {
                case 0:
                    value ^= operand;
                    break;
                case 1:
                    value = operand;
                    break;
                case 2:
                    _inbox.Add(operand);
                    break;
                case 3:
                    // The byte and those before it once more.
                    _inbox.AddRange(_inbox.GetRange(Math.Max(0, _inbox.Count - operand), Math.Min(_inbox.Count, operand)));
                    break;
                case 4:
                    return;
                default:
                    _end = (operand & 1) == 0 ? TransportStatus.Ok : TransportStatus.Reset;
                    return;
            }
        }

        _inbox.Add(value);
    }

    private void Wake()
    {
        var arrival = _arrival;
        _arrival = null;
        arrival?.SetResult();
    }

    /// <summary>The peer's end.</summary>
    public sealed class PeerStream(LiveConnection connection) : Stream
    {
        private readonly List<byte> _inbox = [];
        private TaskCompletionSource? _arrival;
        private bool _hasEnded;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Arrive(ReadOnlySpan<byte> bytes)
        {
            _inbox.AddRange(bytes);
            Wake();
        }

        public void ArriveEnd()
        {
            _hasEnded = true;
            Wake();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (_inbox.Count == 0 && !_hasEnded)
            {
                _arrival = new TaskCompletionSource();
                await _arrival.Task.ConfigureAwait(false);
            }

            var count = Math.Min(buffer.Length, _inbox.Count);
            CollectionsMarshal.AsSpan(_inbox)[..count].CopyTo(buffer.Span);
            _inbox.RemoveRange(0, count);
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            connection.Arrive(buffer.Span);
            return default;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => connection.Arrive(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private void Wake()
        {
            var arrival = _arrival;
            _arrival = null;
            arrival?.SetResult();
        }
    }
}
