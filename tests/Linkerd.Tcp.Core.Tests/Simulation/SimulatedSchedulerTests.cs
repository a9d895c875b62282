using Linkerd.Tcp.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Simulation;

public sealed class SimulatedSchedulerTests
{
    [Fact]
    public void Run_Delays_TakeVirtualTimeOnly()
    {
        var scheduler = new SimulatedScheduler();
        var before = scheduler.TimeProvider.GetUtcNow();
        scheduler.Run(async () =>
        {
            await scheduler.Delay(TimeSpan.FromHours(3));
            Assert.True(scheduler.IsCurrent);
        });
        Assert.Equal(TimeSpan.FromHours(3), scheduler.Elapsed);
        Assert.Equal(TimeSpan.FromHours(3), scheduler.TimeProvider.GetUtcNow() - before);
        Assert.False(scheduler.IsCurrent);
    }

    [Fact]
    public void Run_CodeWithoutContext_ContinuesOnTheScheduler()
    {
        var scheduler = new SimulatedScheduler();
        scheduler.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await WorkAsync();
                Assert.True(scheduler.IsCurrent);
            }
        });

        async Task WorkAsync()
        {
            await Task.WhenAll(scheduler.Delay(TimeSpan.FromSeconds(1)), scheduler.Delay(TimeSpan.FromSeconds(2))).ConfigureAwait(false);
            Assert.True(scheduler.IsCurrent);
            await scheduler.Yield();
            Assert.True(scheduler.IsCurrent);
        }
    }

    [Fact]
    public void Run_Timers_FireInOrderOfTimeThenOfArming()
    {
        var scheduler = new SimulatedScheduler();
        var fired = new List<string>();
        scheduler.Run(async () =>
        {
            using var late = Timer("late", 20);
            using var first = Timer("first", 10);
            using var second = Timer("second", 10);
            using var never = Timer("never", 15);
            never.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            using var repeated = scheduler.TimeProvider.CreateTimer(_ => fired.Add("again"), null, TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(5));
            await scheduler.Delay(TimeSpan.FromMilliseconds(51));
        });
        Assert.Equal(["first", "second", "late", "again", "again", "again"], fired);

        ITimer Timer(string name, int milliseconds) =>
            scheduler.TimeProvider.CreateTimer(_ => fired.Add(name), null, TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void Run_NothingCanHappen_SaysSo()
    {
        var scheduler = new SimulatedScheduler { IdleGrace = TimeSpan.FromMilliseconds(20) };
        var error = Assert.Throws<SimulationException>(() => scheduler.Run(() => new TaskCompletionSource().Task));
        Assert.Contains("nothing is left to run, and no timer is set", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BudgetOfTimeUsedUp_SaysSo()
    {
        var scheduler = new SimulatedScheduler { MaxVirtualTime = TimeSpan.FromMinutes(1) };
        var error = Assert.Throws<SimulationException>(() => scheduler.Run(() => scheduler.Delay(TimeSpan.FromMinutes(2))));
        Assert.Contains("of virtual time is over", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BudgetOfStepsUsedUp_SaysSo()
    {
        var scheduler = new SimulatedScheduler { MaxSteps = 1000 };
        var error = Assert.Throws<SimulationException>(() => scheduler.Run(async () =>
        {
            while (true)
            {
                await scheduler.Yield();
            }
        }));
        Assert.Contains("1000 steps", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RunElsewhereAsync_OtherThreadWorks_TimeStandsStill()
    {
        var scheduler = new SimulatedScheduler();
        scheduler.Run(async () =>
        {
            var alarm = scheduler.Delay(TimeSpan.FromMilliseconds(1));
            using var done = new ManualResetEventSlim();
            var elsewhere = scheduler.RunElsewhereAsync(() =>
            {
                Assert.False(scheduler.IsCurrent);
                scheduler.Post(_ => done.Set(), null);
                Assert.True(done.Wait(TimeSpan.FromSeconds(30)));
                Assert.Equal(TimeSpan.Zero, scheduler.Elapsed);
            });
            await elsewhere;
            Assert.False(alarm.IsCompleted);
            await alarm;
        });
    }

    [Fact]
    public void Run_BodyFails_ThrowsItsException()
    {
        var scheduler = new SimulatedScheduler();
        Assert.Throws<FormatException>(() => scheduler.Run(async () =>
        {
            await scheduler.Yield();
            throw new FormatException();
        }));
    }
}
