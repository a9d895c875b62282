using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>EACCES and EPERM: what is advised depends on what was asked for.</summary>
public sealed class ForbiddenTests
{
    private const string Ports = "ports below 1024";

    [Fact]
    public void ToConnect_AnyAddress_DoesNotSpeakOfListening()
    {
        Assert.Contains("this machine forbids the connection", Forbidden.ToConnect(new IPEndPoint(IPAddress.Loopback, 80)), StringComparison.Ordinal);
        Assert.Contains("must be writable", Forbidden.ToConnect(new UnixDomainSocketEndPoint("/run/web.sock")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(81, true)]
    [InlineData(1024, false)]
    public void ToListen_Port_SpeaksOfPortsWhereItIsOneOfThem(int port, bool expected) =>
        Assert.Equal(expected, Forbidden.ToListen(new IPEndPoint(IPAddress.Loopback, port)).Contains(Ports, StringComparison.Ordinal));

    [Theory]
    [InlineData(Errno.AccessDenied)]
    [InlineData(1)]
    public void Message_AnyOtherCall_GivesNoAdvice(int error)
    {
        Assert.True(Errno.IsForbidden(error));
        Assert.Equal("permission denied", Errno.Message(error));
        Assert.Equal("permission denied", SocketErrors.ToMessage(new SocketException((int)SocketError.AccessDenied)));
    }
}
