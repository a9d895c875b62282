using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public sealed class EpollTransportConformanceTests : TcpConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketBed.RunAsync(() => new SocketBed(IPAddress.Loopback, new EpollTransport(new TransportOptions { Loops = 2 })), test);
}

public sealed class EpollTransportIPv6ConformanceTests : TcpConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        Assert.SkipUnless(SocketBed.HasIPv6Loopback, "This machine has no IPv6 loopback.");
        return SocketBed.RunAsync(() => new SocketBed(IPAddress.IPv6Loopback, new EpollTransport(new TransportOptions { Loops = 2 })), test);
    }
}

public sealed class EpollTransportUnixConformanceTests : TransportConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "This machine has no Unix-domain sockets.");
        return SocketBed.RunAsync(() => new UnixSocketBed(new EpollTransport(new TransportOptions { Loops = 2 })), test);
    }
}
