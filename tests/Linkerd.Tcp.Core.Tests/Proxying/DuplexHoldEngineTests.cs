using System.Net;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class SimulatedDuplexHoldTests : DuplexHoldTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        SimulatedBed.Run(seeds: 8, test);
        return Task.CompletedTask;
    }
}

/// <summary>The replaceable connection is of the second engine, the fresh one of the first.</summary>
public abstract class PairedDuplexHoldTests(Func<ITransport> engine, Func<ITransport>? oldEngine = null) : DuplexHoldTests
{
    protected static Func<ITransport> Sockets { get; } = () => new SocketsTransport();

    protected static Func<ITransport> OneLoop { get; } = () => new EpollTransport(new TransportOptions { Loops = 1 });

    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        Assert.SkipWhen(engine == OneLoop && !EpollTransport.IsSupported, "There is no epoll here.");
        return SocketBed.RunAsync(() => oldEngine is null ? new SocketBed(IPAddress.Loopback, engine()) : new PairingBed(IPAddress.Loopback, engine(), oldEngine()), test);
    }
}

public sealed class SocketsDuplexHoldTests() : PairedDuplexHoldTests(Sockets);

public sealed class EpollDuplexHoldTests() : PairedDuplexHoldTests(OneLoop);

public sealed class EpollApartDuplexHoldTests() : PairedDuplexHoldTests(OneLoop, OneLoop);
