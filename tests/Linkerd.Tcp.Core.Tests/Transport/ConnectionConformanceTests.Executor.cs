using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class ConnectionConformanceTests
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

    [Fact]
    public Task ReceiveAsync_HadToWait_GoesOnOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var receiving = OnExecutorOf(one, async () =>
        {
            var pending = one.ReceiveAsync();
            Assert.False(pending.IsCompleted);
            waiting.SetResult();
            one.Advance((await pending).Data.Length);
        });
        await waiting.Task;
        await other.SendTextAsync("x");
        await receiving;
    });

    [Fact]
    public Task ReceiveAsync_RestIsThere_GoesOnOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await other.SendTextAsync("ab");
        await OnExecutorOf(one, async () =>
        {
            await SeeAsync(one, 2);
            one.Advance(1);
            one.Advance((await one.ReceiveAsync()).Data.Length);
        });
    });

    [Fact]
    public Task SendAsync_UnderBackPressure_GoesOnOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sending = OnExecutorOf(one, async () =>
        {
            var pending = one.SendAsync(new byte[bed.MoreThanFits]);
            Assert.False(pending.IsCompleted);
            waiting.SetResult();
            Assert.Equal(TransportStatus.Ok, await pending);
        });
        await waiting.Task;
        await other.ReadAsync(bed.MoreThanFits);
        await sending;
    });

    [Fact]
    public Task WaitAcknowledgedAsync_Anyhow_GoesOnOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await OnExecutorOf(one, async () => Assert.True(await one.FlushToPeerAsync()));
        var sending = one.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.UntilStuckAsync(one);
        var waiting = OnExecutorOf(one, async () => await one.FlushToPeerAsync());
        await other.ReadAsync(bed.MoreThanFits);
        await sending;
        await waiting;
    });

    [Fact]
    public Task Yield_OnTheExecutor_GoesOnOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        await OnExecutorOf(one, async () => await one.Executor.Yield());
    });

    [Fact]
    public Task ConnectAsync_NearAConnection_LivesAndGoesOnOnItsExecutor() => RunAsync(async bed =>
    {
        var (listener, _) = await bed.ListenAsync();
        for (var i = 0; i < 8; i++)
        {
            var (near, _) = await bed.PairAsync();
            await OnExecutorOf(near, async () =>
            {
                var connected = await bed.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions { Executor = near.Executor });
                Assert.True(near.Executor.IsCurrent);
                Assert.Same(near.Executor, connected.Executor);
            });
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Abort_OperationsPending_TheyGoOnOnTheExecutor(bool elsewhere) => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        var receiving = OnExecutorOf(one, async () => Assert.Equal(TransportStatus.Aborted, (await one.ReceiveAsync()).Status));
        var sending = OnExecutorOf(one, async () => Assert.Equal(TransportStatus.Aborted, await one.SendAsync(new byte[bed.MoreThanFits])));
        await bed.UntilStuckAsync(one);
        await (elsewhere ? bed.RunElsewhereAsync(one.Abort) : OnExecutorOf(one, () =>
        {
            one.Abort();
            return Task.CompletedTask;
        }));
        await receiving;
        await sending;
    });

    [Fact]
    public Task DisposeAsync_OnTheExecutor_GoesOnOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await OnExecutorOf(one, async () => await one.DisposeAsync());
        await OnExecutorOf(other, async () =>
        {
            other.Abort();
            await other.DisposeAsync();
        });
    });

    [Fact]
    public Task Deadline_Armed_RingsOnTheExecutor() => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        var bell = new Bell(one.Executor);
        one.Deadline.Arm(TimeSpan.FromMilliseconds(1), bell);
        await bell.Rings;
        Assert.True(bell.WasOnExecutor);
    });
}
