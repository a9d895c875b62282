namespace Linkerd.Tcp.Tests.Transport;

public sealed class SimulatedTransportConformanceTests : TcpConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        SimulatedBed.Run(seeds: 8, test);
        return Task.CompletedTask;
    }
}
