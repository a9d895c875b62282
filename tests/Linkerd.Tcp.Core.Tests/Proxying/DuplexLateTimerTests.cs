using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities.Simulation;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>
/// A timer that comes before what the kernel has had for long, as the timers of the thread pool may after the process was stopped: what is waiting counts as
/// moved, once.
/// </summary>
public sealed class DuplexLateTimerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
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

    private void Run(DuplexOptions options, Func<LateConnection, LateConnection, (TimeSpan After, string Reason)> prepare) => _scheduler.Run(async () =>
    {
        var (client, server) = (new LateConnection(_scheduler), new LateConnection(_scheduler));
        var (after, reason) = prepare(client, server);
        var result = await new DuplexProxy(options, RandomSource.Seeded(1)).RunAsync(client, server);
        Assert.Equal(reason, result.Reason.ToString());
        Assert.InRange(_scheduler.Elapsed, after, after + TimeSpan.FromMilliseconds(10));
    });
}
