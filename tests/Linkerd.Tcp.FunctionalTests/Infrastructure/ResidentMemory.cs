using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The resident memory of a proxy over time.</summary>
internal sealed class ResidentMemory(ChildProcess proxy)
{
    private readonly long _atFirst = proxy.ResidentBytes;
    private long _most;

    /// <summary>How much more there is now than at first.</summary>
    public long Growth => proxy.ResidentBytes - _atFirst;

    /// <summary>Looks once a second while something runs.</summary>
    public async Task WatchAsync(Task running)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, timer.WaitForNextTickAsync(TestContext.Current.CancellationToken).AsTask());
            _most = Math.Max(_most, proxy.ResidentBytes);
        }

        await running;
    }

    public override string ToString() => $"resident at first {_atFirst >> 10} KiB, at most {Math.Max(_most, proxy.ResidentBytes) >> 10} KiB, now {proxy.ResidentBytes >> 10} KiB";
}
