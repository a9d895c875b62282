using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security.Connections;

/// <summary>
/// TLS by SslStream over a connection of any engine: a connection of plaintext, on the same executor. It owns the connection below. The peer's close_notify is its FIN, and
/// its FIN is a close_notify, then a FIN; byte counters count plaintext. While it is idle it holds no buffer of its own.
/// </summary>
/// <remarks>
/// SslStream reports close_notify and the end of the connection in the same way, so the stream below it tells them apart (RFC 8446, section 6.1: without close_notify the stream was cut).
/// </remarks>
internal sealed class TlsConnection : TransportConnection, ITlsSession
{
    // Encrypted and sent in one go: four records.
    private const int MaxPiece = 64 * 1024;
    private const int MaxRecord = 16 * 1024;

    private readonly TransportConnection _inner;
    private readonly CipherStream _cipher;
    private ReceiveWindow _window;
    private ReceiveResult? _final;
    private ValueTask<int> _ahead;
    private bool _isReadingAhead;
    private Task _closing = Task.CompletedTask;
    private long _received;
    private long _sent;
    private volatile bool _isAborted;
    private volatile bool _isReset;
    private volatile bool _hasEnded;
    private volatile bool _wasTruncated;
    private bool _isReceiving;
    private bool _isSendShutDown;

    /// <param name="inner">The connection below, which belongs to this one.</param>
    /// <param name="windowSize">The most that one receive hands out, in bytes.</param>
    public TlsConnection(TransportConnection inner, int windowSize)
    {
        _inner = inner;
        _cipher = new CipherStream(inner);
        _window = new ReceiveWindow(WindowPool.Of(windowSize));
        Stream = new SslStream(_cipher, leaveInnerStreamOpen: true);
    }

    /// <summary>Gets what encrypts.</summary>
    public SslStream Stream { get; }

    /// <summary>Gets the encrypted side.</summary>
    public CipherStream Cipher => _cipher;

    /// <summary>Gets or sets the server name that the client sent; null if there is none. Before the connection is handed out.</summary>
    public string? ServerName { get; set; }

    /// <summary>Gets or sets a value that indicates whether the client has asked for TLS by an SSLRequest of PostgreSQL. Before the connection is handed out.</summary>
    public bool HasAskedForTls { get; set; }

    /// <summary>Gets or sets the result of the handshake. Set before the connection is handed out.</summary>
    public TlsDetails Details { get; set; } = null!;

    /// <summary>Gets or sets the metrics of the side that it is on; null: none. Before the first receive.</summary>
    public TlsInstruments? Instruments { get; set; }

    /// <summary>Gets or sets the end of a stream that the peer cuts. Before the first receive.</summary>
    public TlsTruncation Truncation { get; set; }

    public override EndPoint? LocalEndPoint => _inner.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => _inner.RemoteEndPoint;

    public override TransportExecutor Executor => _inner.Executor;

    public override TransportTimer Deadline => _inner.Deadline;

    public override long BytesReceived => Volatile.Read(ref _received);

    public override int UnreadBytes => _window.Unread;

    public override long BytesSent => Volatile.Read(ref _sent);

    public override bool IsReset => _isReset || _inner.IsReset;

    public override bool HasPeerClosed => _hasEnded || _isReset || _inner.HasPeerClosed;

    internal override bool HasUnseenInput => _inner.HasUnseenInput;

    internal override bool HasKnownInput => _inner.HasKnownInput;

    internal override bool HasUnseenRoom => _inner.HasUnseenRoom;

    public override ValueTask<ReceiveResult> ReceiveAsync()
    {
        if (_isReceiving)
        {
            throw new InvalidOperationException("A receive of this connection is pending; one reader at a time was expected.");
        }

        if (_window.Unread > 0 && !_window.WantsMore)
        {
            return new(_window.HandOut());
        }

        if (_final is { } final)
        {
            _window.WantsMore = false;
            return new(final);
        }

        return ReadAsync();
    }

    public override void Advance(int consumed) => _window.Advance(consumed);

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        if (_isAborted || _isReset)
        {
            return new(Fail());
        }

        while (!data.IsEmpty)
        {
            var piece = data[..Math.Min(data.Length, MaxPiece)];
            data = data[piece.Length..];
            var sending = EncryptAndSend(piece);
            if (!sending.IsCompletedSuccessfully)
            {
                // The caller's memory is free when this returns.
                var rest = data.Length == 0 ? null : ArrayPool<byte>.Shared.Rent(data.Length);
                data.CopyTo(rest);
                return SendRestAsync(sending, piece.Length, rest, data.Length);
            }

            if (Complete(sending.Result, piece.Length) is var status and not TransportStatus.Ok)
            {
                return new(status);
            }
        }

        return new(TransportStatus.Ok);
    }

    public override void ShutdownSend()
    {
        if (!_isSendShutDown)
        {
            _isSendShutDown = true;
            _closing = CloseNotifyAsync();
        }
    }

    internal override bool HasTruncatedEnd => true;

    internal override bool WasTruncated => _wasTruncated;

    internal override bool TryShutdownTruncated()
    {
        if (!_isSendShutDown)
        {
            _isSendShutDown = true;
            _inner.ShutdownSend();
        }

        return true;
    }

    public override async ValueTask<bool> FlushToPeerAsync()
    {
        await _closing.ConfigureAwait(false);
        return await _inner.FlushToPeerAsync().ConfigureAwait(false);
    }

    public override void Abort()
    {
        _isAborted = true;
        _inner.Abort();
    }

    public override async ValueTask DisposeAsync()
    {
        await _closing.ConfigureAwait(false);
        await Stream.DisposeAsync().ConfigureAwait(false);
        _window.Release();
        await _inner.DisposeAsync().ConfigureAwait(false);
    }

    // By these SslStream tells that the connection below has ended, was disposed, or carries something that is not TLS. What OpenSSL reports is a CryptographicException, where SslStream does not wrap it.
    private static bool IsEnd(Exception error) =>
        error is IOException or AuthenticationException or CryptographicException or ObjectDisposedException or InvalidOperationException or OperationCanceledException;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReceiveResult> ReadAsync()
    {
        _isReceiving = true;
        try
        {
            _window.ReleaseForWait();
            if (_isReadingAhead)
            {
                _isReadingAhead = false;
                await _ahead.ConfigureAwait(false);
            }
            else
            {
                _cipher.BeginRead();
                if (_window.Unread == 0)
                {
                    await Stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
                }
            }

            var count = await Stream.ReadAsync(_window.MakeRoomInMemory()).ConfigureAwait(false);
            if (count > 0)
            {
                Commit(count);
                while (TryReadMore(out count))
                {
                    Commit(count);
                }

                return _window.HandOut();
            }

            _hasEnded = true;
            return Finish(_isAborted ? new(TransportStatus.Aborted, default) : _cipher.HasFin ? EndOfCutStream() : ReceiveResult.Fin);
        }
        catch (Exception error) when (IsEnd(error))
        {
            // A FIN inside a record is a cut as one between records is.
            _hasEnded = true;
            return Finish(_cipher.HasFin && !_isAborted ? EndOfCutStream() : new(Fail(), default));
        }
        finally
        {
            _isReceiving = false;
        }
    }

    private void Commit(int count)
    {
        _window.Commit(count);
        Volatile.Write(ref _received, _received + count);
    }

    // Records that have arrived are handed out together, up to a window. None is waited for: a read that waits, or has failed, is the first part of the next receive.
    [SuppressMessage("Reliability", "CA2012:Use ValueTasks correctly", Justification = "What is kept is awaited once, by the next receive.")]
    private bool TryReadMore(out int count)
    {
        count = 0;
        if (_window.Room < MaxRecord || !_inner.HasKnownInput || !_inner.Executor.IsCurrent)
        {
            return false;
        }

        _cipher.BeginRead();
        var reading = Stream.ReadAsync(Memory<byte>.Empty);
        if (reading.IsCompletedSuccessfully)
        {
            // Of what was decrypted: it does not wait.
            _ = reading.Result;
            reading = Stream.ReadAsync(_window.MakeRoomInMemory());
            if (reading.IsCompletedSuccessfully)
            {
                count = reading.Result;
                return count > 0;
            }
        }

        (_ahead, _isReadingAhead) = (reading, true);
        return false;
    }

    private ReceiveResult EndOfCutStream()
    {
        _wasTruncated = true;
        Instruments?.Truncated();
        _isReset = Truncation == TlsTruncation.Reset;
        return Truncation switch
        {
            TlsTruncation.Fin => ReceiveResult.Fin,
            TlsTruncation.Reset => new(TransportStatus.Reset, default),
            _ => new(TransportStatus.Truncated, default),
        };
    }

    private ReceiveResult Finish(ReceiveResult final)
    {
        _final = final;
        if (_window.Unread == 0)
        {
            _window.Release();
        }

        _window.WantsMore = false;
        return final;
    }

    private ValueTask<TransportStatus> EncryptAndSend(ReadOnlyMemory<byte> piece)
    {
        try
        {
            _cipher.BeginWrite(piece.Length);
            var writing = Stream.WriteAsync(piece);
            var sending = _cipher.SendAsync();
            return writing.IsCompletedSuccessfully ? sending : WaitAsync(writing, sending);
        }
        catch (Exception error) when (IsEnd(error))
        {
            return new(Fail());
        }
    }

    // The stream below completes each write at once, so this is for what SslStream throws.
    private async ValueTask<TransportStatus> WaitAsync(ValueTask writing, ValueTask<TransportStatus> sending)
    {
        var status = await sending.ConfigureAwait(false);
        try
        {
            await writing.ConfigureAwait(false);
            return status;
        }
        catch (Exception error) when (IsEnd(error))
        {
            return Fail();
        }
    }

    private async ValueTask<TransportStatus> SendRestAsync(ValueTask<TransportStatus> sending, int length, byte[]? rest, int count)
    {
        var status = Complete(await sending.ConfigureAwait(false), length);
        if (rest is null)
        {
            return status;
        }

        for (var sent = 0; sent < count && status == TransportStatus.Ok; sent += length)
        {
            length = Math.Min(count - sent, MaxPiece);
            status = Complete(await EncryptAndSend(rest.AsMemory(sent, length)).ConfigureAwait(false), length);
        }

        ArrayPool<byte>.Shared.Return(rest);
        return status;
    }

    private TransportStatus Complete(TransportStatus status, int length)
    {
        if (status == TransportStatus.Ok)
        {
            Volatile.Write(ref _sent, _sent + length);
        }

        return status;
    }

    // What the connection below said, if it said anything; otherwise the peer broke the protocol, which ends both directions.
    private TransportStatus Fail()
    {
        if (_isAborted)
        {
            return TransportStatus.Aborted;
        }

        _isReset = true;
        return _cipher.Failure is TransportStatus.TimedOut or TransportStatus.Aborted ? _cipher.Failure : TransportStatus.Reset;
    }

    private async Task CloseNotifyAsync()
    {
        try
        {
            await Stream.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Of any kind. The receive finds out what has become of the peer.
            return;
        }

        _inner.ShutdownSend();
    }
}
