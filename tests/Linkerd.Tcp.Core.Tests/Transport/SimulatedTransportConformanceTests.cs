namespace Linkerd.Tcp.Tests.Transport;

public sealed class SimulatedConnectionConformanceTests : TcpConnectionConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        SimulatedBed.Run(seeds: 8, test);
        return Task.CompletedTask;
    }
}

public sealed class SimulatedListenerConformanceTests : TcpListenerConformanceTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        SimulatedBed.Run(seeds: 8, test);
        return Task.CompletedTask;
    }
}
