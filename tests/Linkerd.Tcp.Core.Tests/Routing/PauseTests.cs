using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

public sealed class PauseTests
{
    /// <summary>On the thread of the timer, or of whoever cancels, the exception would have nobody to catch it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WaitAsync_ExecutorThrows_ItIsThrownToWhoWaits(bool isCancelled)
    {
        var time = new FakeTimeProvider();
        using var cancel = new CancellationTokenSource();
        var waiting = ExecutorDelay.WaitAsync(TimeSpan.FromSeconds(1), new ThrowingExecutor(time), time, cancel.Token);
        if (isCancelled)
        {
            await cancel.CancelAsync();
        }
        else
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("The executor has a bug.", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await waiting)).Message);
    }

    private sealed class ThrowingExecutor(TimeProvider timeProvider) : TransportExecutor
    {
        public override TimeProvider TimeProvider => timeProvider;

        public override bool IsCurrent => false;

        public override void Post(Action<object?> action, object? state) => throw new InvalidOperationException("The executor has a bug.");
    }
}
