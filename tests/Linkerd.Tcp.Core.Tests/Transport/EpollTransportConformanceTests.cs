using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public sealed class EpollConnectionConformanceTests : TcpConnectionConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => EpollBeds.RunAsync(test);
}

public sealed class EpollListenerConformanceTests : TcpListenerConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => EpollBeds.RunAsync(test);
}

public sealed class EpollIPv6ConnectionConformanceTests : TcpConnectionConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => EpollBeds.RunIPv6Async(test);
}

public sealed class EpollIPv6ListenerConformanceTests : TcpListenerConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => EpollBeds.RunIPv6Async(test);
}

public sealed class EpollUnixConnectionConformanceTests : ConnectionConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => EpollBeds.RunUnixAsync(test);
}

public sealed class EpollUnixListenerConformanceTests : ListenerConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => EpollBeds.RunUnixAsync(test);
}

internal static class EpollBeds
{
    public static Task RunAsync(Func<TransportBed, Task> test) => SocketBed.RunAsync(() => new SocketBed(IPAddress.Loopback, Make()), test);

    public static Task RunIPv6Async(Func<TransportBed, Task> test)
    {
        Assert.SkipUnless(SocketBed.HasIPv6Loopback, "This machine has no IPv6 loopback.");
        return SocketBed.RunAsync(() => new SocketBed(IPAddress.IPv6Loopback, Make()), test);
    }

    public static Task RunUnixAsync(Func<TransportBed, Task> test)
    {
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "This machine has no Unix-domain sockets.");
        return SocketBed.RunAsync(() => new UnixSocketBed(Make()), test);
    }

    private static EpollTransport Make() => new(new TransportOptions { Loops = 2 });
}
