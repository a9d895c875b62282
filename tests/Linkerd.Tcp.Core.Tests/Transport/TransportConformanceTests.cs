using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>What every engine behind the seam must do. A test gets a bed to stand on, and may be run several times.</summary>
public abstract partial class TransportConformanceTests
{
    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected abstract Task RunAsync(Func<TransportBed, Task> test);
}
