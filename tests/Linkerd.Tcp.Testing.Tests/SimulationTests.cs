using System.Text;
using static Linkerd.Tcp.Testing.Tests.Simulations;

namespace Linkerd.Tcp.Testing.Tests;

/// <summary>A run: its time, its ends, its seed, and the threads that it waits for.</summary>
public sealed class SimulationTests
{
    [Fact]
    public void Run_HourOfDelay_TakesNoRealTime()
    {
        var start = TimeProvider.System.GetTimestamp();
        Simulation.Run(async simulation =>
        {
            await simulation.DelayAsync(TimeSpan.FromHours(1));
            Assert.Equal(TimeSpan.FromHours(1), simulation.Elapsed);
            Assert.Equal(new DateTimeOffset(2030, 1, 1, 1, 0, 0, TimeSpan.Zero), simulation.TimeProvider.GetUtcNow());
        });
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Run_TestThrows_ExceptionHasItAndTheSeed()
    {
        var error = Assert.Throws<SimulationException>(() => Simulation.Run(async simulation =>
        {
            await simulation.DelayAsync(TimeSpan.FromSeconds(2));
            if (simulation.Seed == 5)
            {
                throw new InvalidDataException("odd");
            }
        }, new SimulationOptions { Seed = 3, Seeds = 4 }));
        Assert.Equal(5, error.Seed);
        Assert.IsType<InvalidDataException>(error.InnerException);
        Assert.Equal("Seed 5, after 00:00:02 of virtual time: odd", error.Message);
    }

    [Fact]
    public void Run_NothingIsLeftToRun_ExceptionHasTheOpenConnections()
    {
        var error = Assert.Throws<SimulationException>(() => Simulation.Run(async simulation =>
        {
            var server = simulation.AddServer();
            await using var client = await simulation.AddHost("client").ConnectStreamAsync(server.EndPoint, Token);
            await client.ReadExactlyAsync(new byte[1], Token);
        }));
        Assert.Contains("nothing is left to run", error.Message, StringComparison.Ordinal);
        Assert.Contains("10.0.0.1:80 (server)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TimeLimitIsOver_Throws()
    {
        var error = Assert.Throws<SimulationException>(() => Simulation.Run(
            static simulation => simulation.DelayAsync(TimeSpan.FromHours(2)),
            new SimulationOptions { TimeLimit = TimeSpan.FromHours(1) }));
        Assert.Contains("the time limit of 01:00:00 of virtual time is over", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_LoopWithoutTime_StepLimitEndsIt()
    {
        var error = Assert.Throws<SimulationException>(() => Simulation.Run(
            static async _ =>
            {
                while (true)
                {
                    await Task.Yield();
                }
            },
            new SimulationOptions { StepLimit = 1000 }));
        Assert.Contains("1000 steps", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OptionsAreNotValid_Throws()
    {
        SimulationOptions[] invalid = [new() { Seed = -1 }, new() { Seeds = 0 }, new() { StepLimit = 0 }, new() { TimeLimit = TimeSpan.Zero }];
        Assert.All(invalid, static options => Assert.Throws<ArgumentOutOfRangeException>(() => Simulation.Run(static _ => Task.CompletedTask, options)));
    }

    [Fact]
    public void Run_SameSeedTwice_IsTheSame()
    {
        var runs = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var story = new StringBuilder();
            Simulation.Run(simulation => TellAsync(simulation, story), new SimulationOptions { Seed = 7 });
            runs.Add(story.ToString());
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.Equal(runs[0], runs[2]);

        // Every connection's pieces, at their times.
        static async Task TellAsync(Simulation simulation, StringBuilder story)
        {
            simulation.Link.Jitter = TimeSpan.FromMilliseconds(5);
            var servers = simulation.AddServers(3);
            await using var registry = simulation.CreateRegistry(simulation.AddHost("client"), servers);
            var destination = registry.Get(Name);
            for (var i = 0; i < 20; i++)
            {
                await using var connection = await destination.ConnectAsync(Token);
                story.Append(connection.EndPoint).Append(' ');
                await connection.Connection.SendAsync(new byte[10_000]);
                for (var total = 0; total < 10_000;)
                {
                    var received = await connection.Connection.ReceiveAsync();
                    total += received.Data.Length;
                    connection.Connection.Advance(received.Data.Length);
                    story.Append(received.Data.Length).Append('@').Append(simulation.Elapsed.Ticks).Append(' ');
                }
            }
        }
    }

    [Fact]
    public void Run_WorkOnTheThreadPool_IsDoneBeforeTimePasses() => Simulation.Run(static async simulation =>
    {
        for (var i = 0; i < 100; i++)
        {
            var at = TimeSpan.MaxValue;
            var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = RunOnPoolAsync(signal.Task, () => at = simulation.Elapsed);
            var before = simulation.Elapsed;
            signal.SetResult();
            await simulation.DelayAsync(TimeSpan.FromMilliseconds(1));
            Assert.Equal(before, at);
        }
    });

    [Fact]
    public async Task Run_PoolThatIsNeverQuiet_WorkOfTheRunIsDoneBeforeTimePasses()
    {
        using var end = new ManualResetEventSlim();
        var other = Task.Run(() => end.Wait(Token), Token);
        try
        {
            Simulation.Run(async simulation =>
            {
                for (var i = 0; i < 5; i++)
                {
                    var (before, at) = (simulation.Elapsed, TimeSpan.MaxValue);
                    _ = Task.Run(
                        async () =>
                        {
                            // A thread that the machine has no time for.
                            Thread.Sleep(20);
                            await Task.Yield();
                            Thread.Sleep(20);
                            at = simulation.Elapsed;
                        },
                        Token);
                    await simulation.DelayAsync(TimeSpan.FromMilliseconds(1));
                    Assert.Equal(before, at);
                }
            });
        }
        finally
        {
            end.Set();
        }

        await other;
    }

    [Fact]
    public void Connection_UsedOnOtherThreads_Works() => Simulation.Run(static async simulation =>
    {
        var server = simulation.AddServer();
        var host = simulation.AddHost("client");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(async () =>
        {
            await using var stream = await host.ConnectStreamAsync(server.EndPoint, Token);
            var sent = new byte[50_000];
            new Random(1).NextBytes(sent);
            var writing = stream.WriteAsync(sent, Token).AsTask();
            var received = new byte[sent.Length];
            for (var total = 0; total < received.Length;)
            {
                await Task.Yield();
                total += await stream.ReadAsync(received.AsMemory(total), Token);
            }

            await writing;
            Assert.Equal(sent, received);
        }, Token)));
        Assert.Equal(10, server.Accepted);
    });

    [Fact]
    public void UntilAsync_ConditionBecomesTrue_CompletesAtThatMoment() => Simulation.Run(static async simulation =>
    {
        var done = false;
        using var timer = simulation.TimeProvider.CreateTimer(_ => done = true, null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        await simulation.UntilAsync(() => done);
        Assert.Equal(TimeSpan.FromSeconds(3), simulation.Elapsed);
        await simulation.UntilAsync(() => true, TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(3), simulation.Elapsed);
    });

    [Fact]
    public void UntilAsync_NeverTrue_ThrowsAfterTheTime() => Simulation.Run(static async simulation =>
    {
        var error = await Assert.ThrowsAsync<TimeoutException>(() => simulation.UntilAsync(static () => false, TimeSpan.FromSeconds(2)));
        Assert.Contains("00:00:02", error.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(2), simulation.Elapsed);
        await Assert.ThrowsAsync<InvalidDataException>(() => simulation.UntilAsync(static () => throw new InvalidDataException()));
    });

    [Fact]
    public void WhenIdleAsync_TimersAreSet_CompletesAfterTheLast() => Simulation.Run(static async simulation =>
    {
        var fired = 0;
        using var one = simulation.TimeProvider.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var other = simulation.TimeProvider.CreateTimer(_ => fired++, null, TimeSpan.FromMinutes(3), Timeout.InfiniteTimeSpan);
        await simulation.WhenIdleAsync();
        Assert.Equal((2, TimeSpan.FromMinutes(3)), (fired, simulation.Elapsed));
        await simulation.WhenIdleAsync();
    });

    [Fact]
    public void RunOutsideAsync_RealTimePasses_VirtualTimeStandsStill() => Simulation.Run(static async simulation =>
    {
        var tick = 0;
        using var timer = simulation.TimeProvider.CreateTimer(_ => tick++, null, TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        await simulation.RunOutsideAsync(static () => Task.Delay(50, Token));
        Assert.Equal((0, TimeSpan.Zero), (tick, simulation.Elapsed));
        await Assert.ThrowsAsync<InvalidDataException>(() => simulation.RunOutsideAsync(static () => throw new InvalidDataException()));
    });

    [Fact]
    public void Run_InsideOfAnother_Throws()
    {
        var error = Assert.Throws<SimulationException>(() => Simulation.Run(static _ =>
        {
            Simulation.Run(static _ => Task.CompletedTask);
            return Task.CompletedTask;
        }));
        Assert.IsType<InvalidOperationException>(error.InnerException!.InnerException);
    }

    private static async Task RunOnPoolAsync(Task when, Action action)
    {
        await when.ConfigureAwait(false);
        action();
    }
}
