using System.Net;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>A copy between the connections of two engines, which may be of one kind.</summary>
public abstract class PairedDuplexProxyTests(Func<ITransport> clientEngine, Func<ITransport>? serverEngine, IPAddress address) : DuplexProxyTests
{
    protected static Func<ITransport> Sockets { get; } = () => new SocketsTransport();

    protected static Func<ITransport> OneLoop { get; } = () => new EpollTransport(new TransportOptions { Loops = 1 });

    protected static Func<ITransport> TwoLoops { get; } = () => new EpollTransport(new TransportOptions { Loops = 2 });

    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        Assert.SkipWhen(address.Equals(IPAddress.IPv6Loopback) && !SocketBed.HasIPv6Loopback, "This machine has no IPv6 loopback.");
        Assert.SkipWhen((clientEngine != Sockets || (serverEngine ?? Sockets) != Sockets) && !EpollTransport.IsSupported, "There is no epoll here.");
        return SocketBed.RunAsync(() => serverEngine is null ? new SocketBed(address, clientEngine()) : new PairingBed(address, clientEngine(), serverEngine()), test);
    }
}

public sealed class SocketsDuplexProxyTests() : PairedDuplexProxyTests(Sockets, null, IPAddress.Loopback);

public sealed class SocketsDuplexProxyIPv6Tests() : PairedDuplexProxyTests(Sockets, null, IPAddress.IPv6Loopback);

/// <summary>Both connections on one loop, as a session's are.</summary>
public sealed class EpollDuplexProxyTests() : PairedDuplexProxyTests(OneLoop, null, IPAddress.Loopback);

public sealed class EpollDuplexProxyIPv6Tests() : PairedDuplexProxyTests(OneLoop, null, IPAddress.IPv6Loopback);

/// <summary>On one loop or on two, as it happens.</summary>
public sealed class EpollTwoLoopsDuplexProxyTests() : PairedDuplexProxyTests(TwoLoops, null, IPAddress.Loopback);

/// <summary>The connections never share a loop.</summary>
public sealed class EpollApartDuplexProxyTests() : PairedDuplexProxyTests(OneLoop, OneLoop, IPAddress.Loopback);

public sealed class EpollApartDuplexProxyIPv6Tests() : PairedDuplexProxyTests(OneLoop, OneLoop, IPAddress.IPv6Loopback);

public sealed class SocketsToEpollDuplexProxyTests() : PairedDuplexProxyTests(Sockets, OneLoop, IPAddress.Loopback);

public sealed class SocketsToEpollDuplexProxyIPv6Tests() : PairedDuplexProxyTests(Sockets, OneLoop, IPAddress.IPv6Loopback);

public sealed class EpollToSocketsDuplexProxyTests() : PairedDuplexProxyTests(OneLoop, Sockets, IPAddress.Loopback);

public sealed class EpollToSocketsDuplexProxyIPv6Tests() : PairedDuplexProxyTests(OneLoop, Sockets, IPAddress.IPv6Loopback);
