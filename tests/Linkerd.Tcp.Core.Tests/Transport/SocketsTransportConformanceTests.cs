using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public sealed class SocketsConnectionConformanceTests : TcpConnectionConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketsBeds.RunAsync(test);
}

public sealed class SocketsListenerConformanceTests : TcpListenerConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketsBeds.RunAsync(test);
}

public sealed class SocketsIPv6ConnectionConformanceTests : TcpConnectionConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketsBeds.RunIPv6Async(test);
}

public sealed class SocketsIPv6ListenerConformanceTests : TcpListenerConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketsBeds.RunIPv6Async(test);
}

public sealed class SocketsUnixConnectionConformanceTests : ConnectionConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketsBeds.RunUnixAsync(test);
}

public sealed class SocketsUnixListenerConformanceTests : ListenerConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketsBeds.RunUnixAsync(test);
}

internal static class SocketsBeds
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

    private static SocketsTransport Make() => new();
}
