using Linkerd.Tcp.Tests.Transport;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class SimulatedDuplexProxyTests : DuplexProxyTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        SimulatedBed.Run(seeds: 8, test);
        return Task.CompletedTask;
    }
}
