using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public sealed class SocketsTransportConformanceTests : TcpConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketBed.RunAsync(() => new SocketBed(IPAddress.Loopback, new SocketsTransport()), test);
}

public sealed class SocketsTransportIPv6ConformanceTests : TcpConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        Assert.SkipUnless(SocketBed.HasIPv6Loopback, "This machine has no IPv6 loopback.");
        return SocketBed.RunAsync(() => new SocketBed(IPAddress.IPv6Loopback, new SocketsTransport()), test);
    }
}

public sealed class SocketsTransportUnixConformanceTests : TransportConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "This machine has no Unix-domain sockets.");
        return SocketBed.RunAsync(() => new UnixSocketBed(new SocketsTransport()), test);
    }
}
