using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>What every engine behind the seam must do. A test gets a bed to stand on, and may be run several times.</summary>
public abstract partial class TransportConformanceTests
{
    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected abstract Task RunAsync(Func<TransportBed, Task> test);

    protected Task RunOnTcpAsync(Func<TransportBed, Task> test) => RunAsync(bed =>
    {
        Assert.SkipUnless(bed.IsTcp, "Only TCP has resets, acknowledgements and ports.");
        return test(bed);
    });
}
