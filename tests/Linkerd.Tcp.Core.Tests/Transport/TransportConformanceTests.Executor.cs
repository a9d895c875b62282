using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class TransportConformanceTests
{
    [Fact]
    public Task Resume_FromElsewhere_LandsOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        Task<bool>? landing = null;
        await bed.RunElsewhereAsync(() => landing = LandAsync(one.Executor));
        Assert.True(await landing!);

        static async Task<bool> LandAsync(TransportExecutor executor)
        {
            await executor.Resume();
            return executor.IsCurrent;
        }
    });

    [Fact]
    public Task Post_FromElsewhere_RunsOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        var ran = new TaskCompletionSource<bool>();
        await bed.RunElsewhereAsync(() => one.Executor.Post(executor => ran.SetResult(((TransportExecutor)executor!).IsCurrent), one.Executor));
        Assert.True(await ran.Task);
    });

    [Fact]
    public Task Yield_OnTheExecutor_LetsWhatWasPostedRunFirst() => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        var ran = new TaskCompletionSource();
        one.Executor.Post(_ => ran.SetResult(), null);
        await one.Executor.Yield();
        await ran.Task;
        Assert.True(one.Executor.IsCurrent);
    });

    [Fact]
    public Task Deadline_Armed_FiresOnceAndNotEarly() => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        var clock = one.Executor.TimeProvider;
        foreach (var milliseconds in new[] { 0, 1, 7, 20 })
        {
            var armedAt = clock.GetTimestamp();
            var bell = new Bell(one.Executor);
            one.Deadline.Arm(TimeSpan.FromMilliseconds(milliseconds), bell);
            var rangAt = await bell.Rings;
            Assert.True(clock.GetElapsedTime(armedAt, rangAt) >= TimeSpan.FromMilliseconds(milliseconds));
            await bed.SettleAsync();
            Assert.Equal(1, bell.Count);
        }
    });

    [Fact]
    public Task Deadline_ArmedAgain_OnlyTheLastOneCounts() => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        var clock = one.Executor.TimeProvider;
        var (early, late) = (new Bell(one.Executor), new Bell(one.Executor));
        var armedAt = clock.GetTimestamp();
        one.Deadline.Arm(TimeSpan.FromMinutes(10), early);
        one.Deadline.Arm(TimeSpan.FromMilliseconds(30), late);
        Assert.True(clock.GetElapsedTime(armedAt, await late.Rings) >= TimeSpan.FromMilliseconds(30));
        one.Deadline.Arm(TimeSpan.FromMilliseconds(10), early);
        var last = new Bell(one.Executor);
        one.Deadline.Arm(TimeSpan.FromMilliseconds(50), last);
        await last.Rings;
        Assert.Equal((0, 1, 1), (early.Count, late.Count, last.Count));
    });

    [Fact]
    public Task Deadline_Disarmed_DoesNotFire() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var (silent, heard) = (new Bell(one.Executor), new Bell(other.Executor));
        one.Deadline.Arm(TimeSpan.FromMilliseconds(20), silent);
        one.Deadline.Disarm();
        other.Deadline.Arm(TimeSpan.FromMilliseconds(60), heard);
        await heard.Rings;
        Assert.Equal(0, silent.Count);
        one.Deadline.Disarm();
    });

    [Fact]
    public Task Deadline_ConnectionDisposed_DoesNotFire() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var (silent, heard) = (new Bell(one.Executor), new Bell(other.Executor));
        one.Deadline.Arm(TimeSpan.FromMilliseconds(20), silent);
        one.Abort();
        await one.DisposeAsync();
        other.Deadline.Arm(TimeSpan.FromMilliseconds(60), heard);
        await heard.Rings;
        Assert.Equal(0, silent.Count);
    });

    private sealed class Bell(TransportExecutor executor) : ITimerHandler
    {
        private readonly TaskCompletionSource<long> _rings = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Task<long> Rings => _rings.Task;

        public int Count => Volatile.Read(ref _count);

        public void OnTimer()
        {
            Assert.True(executor.IsCurrent);
            Interlocked.Increment(ref _count);
            _rings.TrySetResult(executor.TimeProvider.GetTimestamp());
        }
    }
}
