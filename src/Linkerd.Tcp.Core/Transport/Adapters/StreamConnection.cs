using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Linkerd.Tcp;

/// <summary>A connection over a <see cref="Stream"/>.</summary>
internal sealed class StreamConnection : AdapterConnection
{
    private static readonly LingerOption ResetOnClose = new(enable: true, seconds: 0);

    private readonly Stream _stream;
    private readonly int _windowSize;

    // These hold a zero-byte read until there is something; any other stream may take it for the end.
    private readonly bool _waitsWithoutBuffer;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _wantsMore;
    private ReceiveResult? _final;
    private Task _closing = Task.CompletedTask;

    public StreamConnection(Stream stream, TimeProvider timeProvider, int windowSize)
        : base(timeProvider)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead || !stream.CanWrite)
        {
            throw new ArgumentException("A stream that can be read and written was expected.", nameof(stream));
        }

        _stream = stream;
        _windowSize = windowSize;
        _waitsWithoutBuffer = stream is NetworkStream or SslStream;
    }

    public override EndPoint? LocalEndPoint => (_stream as NetworkStream)?.Socket.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => (_stream as NetworkStream)?.Socket.RemoteEndPoint;

    public override int UnreadBytes => _end - _start;

    public override async ValueTask<ReceiveResult> ReceiveAsync()
    {
        if (UnreadBytes > 0 && !_wantsMore)
        {
            return HandOut();
        }

        if (_final is { } final)
        {
            _wantsMore = false;
            return final;
        }

        try
        {
            if (_waitsWithoutBuffer && UnreadBytes == 0)
            {
                ReturnBuffer();
                await _stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
            }

            MakeRoom();
            var count = await _stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
            if (count == 0)
            {
                return End(IsAborted ? new(TransportStatus.Aborted, default) : ReceiveResult.Fin);
            }

            _end += count;
            CountReceived(count);
            return HandOut();
        }
        catch (Exception error) when (IsOfTheStream(error))
        {
            return End(new(Judge(), default));
        }
    }

    public override void Advance(int consumed)
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

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        // Nobody tells whether the stream is still reading from what it was given, so it is given a copy.
        var copy = ArrayPool<byte>.Shared.Rent(Math.Max(1, data.Length));
        data.CopyTo(copy);
        return WriteAsync(copy, data.Length);
    }

    public override void ShutdownSend()
    {
        if (_stream is NetworkStream network)
        {
            try
            {
                network.Socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception error) when (IsOfTheStream(error))
            {
                NotePeerGone();
            }
        }
        else if (_stream is SslStream tls)
        {
            _closing = CloseNotifyAsync(tls);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _closing.ConfigureAwait(false);
        try
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (IsOfTheStream(error))
        {
            NotePeerGone();
        }

        ReturnBuffer();
        DisposeTimer();
    }

    protected override void AbortCore()
    {
        try
        {
            if (_stream is NetworkStream network)
            {
                // The stream's own Dispose would shut the socket down first, and that is a FIN.
                network.Socket.LingerState = ResetOnClose;
                network.Socket.Dispose();
            }
            else
            {
                _stream.Dispose();
            }
        }
        catch (Exception error) when (IsOfTheStream(error))
        {
            NotePeerGone();
        }
    }

    private static bool IsOfTheStream(Exception error) =>
        error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;

    private async ValueTask<TransportStatus> WriteAsync(byte[] copy, int length)
    {
        try
        {
            await _stream.WriteAsync(copy.AsMemory(0, length)).ConfigureAwait(false);
            await _stream.FlushAsync().ConfigureAwait(false);
            CountSent(length);
            return TransportStatus.Ok;
        }
        catch (Exception error) when (IsOfTheStream(error))
        {
            return Judge();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private async Task CloseNotifyAsync(SslStream tls)
    {
        try
        {
            await tls.ShutdownAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (IsOfTheStream(error))
        {
            NotePeerGone();
        }
    }

    private ReceiveResult HandOut()
    {
        _wantsMore = false;
        return new(TransportStatus.Ok, _buffer.AsMemory(_start, UnreadBytes));
    }

    private ReceiveResult End(ReceiveResult final)
    {
        _final = final;
        _wantsMore = false;
        return final;
    }

    private void MakeRoom()
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(_windowSize);
        }
        else if (_end == _buffer.Length)
        {
            var roomier = _start > 0 ? _buffer : ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(_start, UnreadBytes).CopyTo(roomier);
            (_start, _end) = (0, UnreadBytes);
            if (roomier != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
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
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
