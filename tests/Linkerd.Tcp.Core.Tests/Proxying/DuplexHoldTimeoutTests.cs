using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>The time limits of a copy whose start is held, to the tick of virtual time.</summary>
public sealed class DuplexHoldTimeoutTests
{
    private const int Seeds = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Fact]
    public void IdleTimeout_ClientNeverSpeaks_EndsExactlyThen() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await HeldSession.StartAsync(bed, new DuplexOptions { IdleTimeout = Limit });
        Assert.Equal(Limit, (await session.EndAsync("cD", 0, 0)).Duration);
        Assert.Equal(TransportStatus.Reset, (await session.Client.ReceiveAsync()).Status);
        Assert.Equal(TransportStatus.Reset, (await session.Server.ReceiveAsync()).Status);
    });

    [Fact]
    public void IdleTimeout_DuringTheReplacement_CancelsIt() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await HeldSession.StartAsync(bed, new DuplexOptions { IdleTimeout = Limit }, waits: true);
        session.Server.ShutdownSend();
        await session.Asked;
        await bed.UntilAsync(() => session.Cancellation.IsCancellationRequested);
        session.LetConnect();
        Assert.InRange((await session.EndAsync("cD", 0, 0)).Duration, Limit, Limit + TimeSpan.FromSeconds(0.3));
    });

    [Fact]
    public void IdleTimeout_ClientSpeaksDuringTheReplacement_CountsFromThen() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await HeldSession.StartAsync(bed, new DuplexOptions { IdleTimeout = Limit }, waits: true);
        session.Server.ShutdownSend();
        await session.Asked;
        await bed.DelayAsync(4000);
        await session.Client.SendTextAsync("x");
        await bed.DelayAsync(4000);
        session.LetConnect();
        var fresh = await session.FreshServerAsync();
        Assert.Equal("x", await fresh.ReadTextAsync(1));
        await session.EndAsync("sD", 1, 0);
    });

    [Fact]
    public void FirstByteTimeout_ReplacementTakesLong_CountsFromTheHandOver() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await HeldSession.StartAsync(bed, new DuplexOptions { FirstByteTimeout = Limit }, waits: true);
        session.Server.ShutdownSend();
        await session.Asked;
        await session.Client.SendTextAsync("x");
        await bed.DelayAsync(60_000);
        session.LetConnect();
        var fresh = await session.FreshServerAsync();
        Assert.Equal("x", await fresh.ReadTextAsync(1));
        var askedAt = bed.Scheduler.Elapsed;
        await session.EndAsync("sD", 1, 0);
        Assert.InRange(bed.Scheduler.Elapsed - askedAt, Limit - TimeSpan.FromSeconds(0.2), Limit);
    });

    [Fact]
    public void FirstByteTimeout_ServerSpokeDuringTheHold_NeverHit() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await HeldSession.StartAsync(bed, new DuplexOptions { FirstByteTimeout = Limit });
        await session.Server.SendTextAsync("ready");
        Assert.Equal("ready", await session.Client.ReadTextAsync(5));
        await session.Client.SendTextAsync("x");
        await bed.DelayAsync(60_000);
        Assert.Null(session.Control.Reason);
        session.Client.ShutdownSend();
        session.Server.ShutdownSend();
        await session.EndAsync("--", 1, 5);
    });

    [Fact]
    public void Lifetime_OverDuringTheReplacement_CancelsIt() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await HeldSession.StartAsync(bed, new DuplexOptions { Lifetime = Limit, LifetimeJitter = 0 }, waits: true);
        session.Refusal = new(ClosedBy.Server, ClosePhase.Connect);
        session.Server.Abort();
        await session.Asked;
        await bed.UntilAsync(() => session.Cancellation.IsCancellationRequested);
        session.LetConnect();
        await session.EndAsync("pD", 0, 0);
        Assert.Equal(TransportStatus.Reset, (await session.Client.ReceiveAsync()).Status);
    });
}
