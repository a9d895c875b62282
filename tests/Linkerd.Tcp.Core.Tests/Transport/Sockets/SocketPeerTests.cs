using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Sockets;

/// <summary>What a look without poll(2) sees: the way that only other systems go.</summary>
public sealed class SocketPeerTests : IDisposable
{
    private readonly Socket _peer;
    private readonly Socket _socket;

    public SocketPeerTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        _peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _peer.Connect(listener.LocalEndPoint!);
        _socket = listener.Accept();
        _socket.Blocking = false;
    }

    public void Dispose()
    {
        _peer.Dispose();
        _socket.Dispose();
    }

    [Fact]
    public void Peek_Fin_SeenOnceWhatCameBeforeIsRead()
    {
        Assert.False(SocketPeer.Peek(_socket, out _));
        _peer.Send("x"u8);
        _peer.Shutdown(SocketShutdown.Send);
        Assert.True(_socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead));
        Assert.False(SocketPeer.Peek(_socket, out _));
        Assert.Equal(1, _socket.Receive(new byte[8]));
        Assert.True(_socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead));
        Assert.True(SocketPeer.Peek(_socket, out var error));
        Assert.Equal(SocketError.Success, error);
    }

    [Fact]
    public void Peek_Reset_SaysWhich()
    {
        _peer.LingerState = new LingerOption(true, 0);
        _peer.Dispose();
        Assert.True(_socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead));
        Assert.True(SocketPeer.Peek(_socket, out var error));
        Assert.Equal(SocketError.ConnectionReset, error);
    }

    [Fact]
    public void HasFinished_Disposed_False()
    {
        _socket.Dispose();
        Assert.False(SocketPeer.HasFinished(_socket, out _));
    }
}
