using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Linkerd.Tcp.Transport.Sockets;

namespace Linkerd.Tcp.Transport.Adapters;

/// <summary>A connection over a <see cref="Stream"/>.</summary>
internal sealed class StreamConnection : AdapterConnection
{
    private static readonly LingerOption ResetOnClose = new(enable: true, seconds: 0);

    private readonly Stream _stream;

    // These hold a zero-byte read until there is something; any other stream may take it for the end.
    private readonly bool _waitsWithoutBuffer;
    private ReceiveWindow _window;
    private ReceiveResult? _final;
    private Task _closing = Task.CompletedTask;

    public StreamConnection(Stream stream, TimeProvider timeProvider, int windowSize, AdapterLog log)
        : base(timeProvider, log)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead || !stream.CanWrite)
        {
            throw new ArgumentException("A stream that can be read and written was expected.", nameof(stream));
        }

        _stream = stream;
        _window = new ReceiveWindow(WindowPool.Of(windowSize));
        _waitsWithoutBuffer = stream is NetworkStream or SslStream;
    }

    public override EndPoint? LocalEndPoint => Ask(static socket => socket.LocalEndPoint);

    public override EndPoint? RemoteEndPoint => Ask(static socket => socket.RemoteEndPoint);

    public override int UnreadBytes => _window.Unread;

    protected override string TypeName => _stream.GetType().Name;

    public override bool HasPeerClosed
    {
        get
        {
            if (!base.HasPeerClosed && !IsAborted && _stream is NetworkStream network && SocketPeer.HasFinished(network.Socket, out _))
            {
                RecordEnd(TransportStatus.Ok);
            }

            return base.HasPeerClosed;
        }
    }

    public override async ValueTask<ReceiveResult> ReceiveAsync()
    {
        if (_window.Unread > 0 && !_window.WantsMore)
        {
            return _window.HandOut();
        }

        if (_final is { } final)
        {
            _window.WantsMore = false;
            return final;
        }

        try
        {
            if (_waitsWithoutBuffer && _window.Unread == 0)
            {
                _window.Release();
                await _stream.ReadAsync(Memory<byte>.Empty).ConfigureAwait(false);
            }

            var count = await _stream.ReadAsync(_window.MakeRoomInMemory()).ConfigureAwait(false);
            if (count == 0)
            {
                return Finish(IsOver ? new(End, default) : ReceiveResult.Fin);
            }

            _window.Commit(count);
            CountReceived(count);
            return _window.HandOut();
        }
        catch (Exception error)
        {
            return Finish(new(Classify(error), default));
        }
    }

    public override void Advance(int consumed) => _window.Advance(consumed);

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        // It is not known whether the stream is still reading from its argument, so it receives a copy.
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
            catch (Exception error)
            {
                FailToEnd(error);
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
        catch (Exception error)
        {
            RecordFault(error);
            RecordPeerGone();
        }

        _window.Release();
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
        catch (Exception error)
        {
            RecordFault(error);
            RecordPeerGone();
        }
    }

    // A peer that is gone is found out by the receive.
    private void FailToEnd(Exception error)
    {
        if (IsEnd(error))
        {
            RecordPeerGone();
        }
        else
        {
            Break(error);
        }
    }

    private EndPoint? Ask(Func<Socket, EndPoint?> question)
    {
        try
        {
            return _stream is NetworkStream network ? question(network.Socket) : null;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    private async ValueTask<TransportStatus> WriteAsync(byte[] copy, int length)
    {
        try
        {
            await _stream.WriteAsync(copy.AsMemory(0, length)).ConfigureAwait(false);
            await _stream.FlushAsync().ConfigureAwait(false);
            CountSent(length);
            return TransportStatus.Ok;
        }
        catch (Exception error)
        {
            return Classify(error);
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
        catch (Exception error)
        {
            FailToEnd(error);
        }
    }

    private ReceiveResult Finish(ReceiveResult final)
    {
        _final = final;
        RecordEnd(final.Status);
        _window.WantsMore = false;
        return final;
    }
}
