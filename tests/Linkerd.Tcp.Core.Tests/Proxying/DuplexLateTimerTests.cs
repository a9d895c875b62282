using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>
/// A timer that comes before what the kernel has had for long, as the timers of the thread pool may after the process was stopped: what is waiting counts as
/// moved, once.
/// </summary>
public sealed class DuplexLateTimerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(1);
    private readonly SimulatedScheduler _scheduler = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void IdleTimeout_BytesAreWaiting_EndsOneLimitLater(bool atClient) => Run(new DuplexOptions { IdleTimeout = Limit }, (client, server) =>
    {
        (atClient ? client : server).Waiting = true;
        return (Limit * 2, "cD");
    });

    [Fact]
    public void IdleTimeout_NothingIsWaiting_EndsAtOnce() => Run(new DuplexOptions { IdleTimeout = Limit }, (_, _) => (Limit, "cD"));

    [Fact]
    public void HalfCloseTimeout_BytesAreWaiting_EndsOneLimitLater() => Run(new DuplexOptions { HalfCloseTimeout = Limit }, (client, server) =>
    {
        client.Tell(ReceiveResult.Fin);
        server.Waiting = true;
        return (Limit * 2, "sL");
    });

    [Fact]
    public void HalfCloseTimeout_MoreIsWaitingWhereItHasEnded_EndsAtOnce() => Run(new DuplexOptions { HalfCloseTimeout = Limit }, (client, _) =>
    {
        client.Tell(ReceiveResult.Fin);
        client.Waiting = true;
        return (Limit, "sL");
    });

    [Fact]
    public void Lifetime_BytesAreWaiting_EndsAtOnce() => Run(new DuplexOptions { Lifetime = Limit, LifetimeJitter = 0 }, (client, server) =>
    {
        client.Waiting = server.Waiting = true;
        return (Limit, "pD");
    });

    /// <summary>A thread has received, and is held up before it says so: nothing is in the kernel, and nothing has been told either.</summary>
    [Fact]
    public void IdleTimeout_TimerIsLateAndBytesAreToldRightAfter_SessionGoesOn() => RunLate(
        client => TellAsync(client, Limit + Lateness + TimeSpan.FromMilliseconds(50)),
        Limit + Lateness + TimeSpan.FromMilliseconds(50) + Limit,
        "sD");

    private async Task TellAsync(LateConnection connection, TimeSpan after)
    {
        await _scheduler.Delay(after);
        _scheduler.Post(_ => connection.Tell(new(TransportStatus.Ok, "x"u8.ToArray())), null);
    }

    [Fact]
    public void IdleTimeout_TimerIsLateAndNothingComes_EndsAMomentLater() =>
        RunLate(_ => Task.CompletedTask, Limit + Lateness + TransportTimer.LateMoment, "cD");

    private void RunLate(Func<LateConnection, Task> prepare, TimeSpan after, string reason) => Run(
        new DuplexOptions { IdleTimeout = Limit },
        (client, server) =>
        {
            _ = prepare(client);
            return (after, reason);
        },
        Lateness);

    private void Run(DuplexOptions options, Func<LateConnection, LateConnection, (TimeSpan After, string Reason)> prepare, TimeSpan lateness = default) => _scheduler.Run(async () =>
    {
        var (client, server) = (new LateConnection(_scheduler) { Lateness = lateness }, new LateConnection(_scheduler));
        var (after, reason) = prepare(client, server);
        var result = await new DuplexProxy(options, RandomSource.Seeded(1)).RunAsync(client, server);
        Assert.Equal(reason, result.Reason.ToString());
        Assert.InRange(_scheduler.Elapsed, after, after + TimeSpan.FromMilliseconds(10));
    });
}
