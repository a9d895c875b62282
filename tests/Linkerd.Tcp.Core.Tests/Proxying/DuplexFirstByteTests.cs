using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>The time that a server may take to its first byte, to the tick of virtual time.</summary>
public sealed class DuplexFirstByteTests
{
    private const int Seeds = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly DuplexOptions Options = new() { FirstByteTimeout = Limit };

    [Fact]
    public void FirstByteTimeout_ClientSpeaksAndServerIsSilent_EndsExactlyThen() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, Options);
        await bed.DelayAsync(60_000);
        await session.Client.SendTextAsync("?");
        await bed.UntilAsync(() => session.Control.BytesFromClient > 0);
        var spokeAt = session.Control.LastActivity!.Value;
        await session.EndAsync("sD");
        Assert.Equal(spokeAt + Limit, session.Clock.GetUtcNow());
        Assert.Equal(TransportStatus.Reset, (await session.Client.ReceiveAsync()).Status);
    });

    [Fact]
    public void FirstByteTimeout_ClientGoesOnSpeaking_IsNotExtended() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, Options.With(own => own.IdleTimeout = Limit));
        var reading = session.Server.ReadToEndAsync();
        for (var i = 0; await session.Client.TrySendAsync(new byte[1]) == TransportStatus.Ok; i++)
        {
            Assert.True(i < 20);
            await bed.DelayAsync(500);
        }

        var result = await session.EndAsync("sD");
        Assert.InRange(result.Duration, Limit, Limit + TimeSpan.FromSeconds(0.2));
        Assert.Equal(TransportStatus.Reset, (await reading).End);
    });

    [Fact]
    public void FirstByteTimeout_BytesReceivedBeforeTheCopy_CountFromItsStart() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.PrepareAsync(bed);
        await session.Client.SendTextAsync("sniffed");
        Assert.False((await session.ClientSide.ReceiveAsync()).Data.IsEmpty);
        await bed.DelayAsync(60_000);
        session.Start(new DuplexProxy(Options));
        Assert.Equal(Limit, (await session.EndAsync("sD")).Duration);
    });

    [Fact]
    public void FirstByteTimeout_ServerSpeaksFirst_NeverHit() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, Options);
        await session.Server.SendTextAsync("220 ready");
        Assert.Equal("220 ready", await session.Client.ReadTextAsync(9));
        await session.Client.SendTextAsync("QUIT");
        Assert.Equal("QUIT", await session.Server.ReadTextAsync(4));
        await bed.DelayAsync(60_000);
        await EndInOrderAsync(session, 4, 9);
    });

    [Fact]
    public void FirstByteTimeout_ClientIsSilent_LeftToTheIdleTimeout() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, Options.With(own => own.IdleTimeout = Limit * 10));
        Assert.Equal(Limit * 10, (await session.EndWholeAsync("cD", 0, 0)).Duration);
    });

    [Fact]
    public void FirstByteTimeout_ServerAnswersInTime_LongSilenceAfterwardsIsFine() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, Options);
        await session.Client.SendTextAsync("request");
        Assert.Equal("request", await session.Server.ReadTextAsync(7));
        await bed.DelayAsync(Limit.TotalMilliseconds * 0.9);
        await session.Server.SendTextAsync("a");
        Assert.Equal("a", await session.Client.ReadTextAsync(1));
        await bed.DelayAsync(60_000);
        await session.Client.SendTextAsync("again");
        Assert.Equal("again", await session.Server.ReadTextAsync(5));
        await bed.DelayAsync(60_000);
        await EndInOrderAsync(session, 12, 1);
    });

    [Theory]
    [InlineData(60, "sL")]
    [InlineData(2, "sL")]
    public void FirstByteTimeout_RequestAndFinAndServerIsSilent_WhicheverLimitIsFirst(int halfClose, string reason) => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, Options.With(own => own.HalfCloseTimeout = TimeSpan.FromSeconds(halfClose)));
        await session.Client.SendTextAsync("request");
        session.Client.ShutdownSend();
        await bed.UntilAsync(() => session.Control.BytesFromClient > 0);
        var spokeAt = session.Control.LastActivity!.Value;
        await session.EndWholeAsync(reason, 7, 0);
        var took = session.Clock.GetUtcNow() - spokeAt;
        if (halfClose > Limit.TotalSeconds)
        {
            Assert.InRange(took, Limit - TimeSpan.FromSeconds(0.1), Limit);
        }
        else
        {
            Assert.InRange(took, TimeSpan.FromSeconds(halfClose), TimeSpan.FromSeconds(halfClose + 0.5));
        }

        Assert.Equal(TransportStatus.Reset, (await session.Client.ReceiveAsync()).Status);
    });

    [Fact]
    public void FirstByteTimeout_FinWithoutAByte_LeftToTheHalfCloseTimeout() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, Options.With(own => own.HalfCloseTimeout = Limit * 10));
        session.Client.ShutdownSend();
        Assert.InRange((await session.EndWholeAsync("sL", 0, 0)).Duration, Limit * 10, Limit * 10.2);
    });

    [Fact]
    public void FirstByteTimeout_ServerEndsWithoutAByte_LeftToTheHalfCloseTimeout() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, Options.With(own => own.HalfCloseTimeout = Limit * 10));
        session.Server.ShutdownSend();
        await session.Client.ExpectFinAsync();
        await session.Client.SendTextAsync("request");
        Assert.InRange((await session.EndWholeAsync("cL", 7, 0)).Duration, Limit * 10, Limit * 11);
    });

    private static async Task EndInOrderAsync(DuplexSession session, long up, long down)
    {
        session.Client.ShutdownSend();
        await session.Server.ExpectFinAsync();
        session.Server.ShutdownSend();
        await session.EndWholeAsync("--", up, down);
    }
}
