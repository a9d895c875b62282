using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>The time limits of a copy, to the tick of virtual time.</summary>
public sealed class DuplexTimeoutTests
{
    private const int Seeds = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Fact]
    public void IdleTimeout_NothingEverMoves_EndsExactlyThen() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { IdleTimeout = Limit });
        var result = await session.EndWholeAsync("cD", 0, 0);
        Assert.Equal(Limit, result.Duration);
        await ExpectResetsAsync(session);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void IdleTimeout_OneDirectionMoves_ItIsExtended(bool server) => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { IdleTimeout = Limit });
        var (talks, listens) = server ? (session.Server, session.Client) : (session.Client, session.Server);
        for (var i = 0; i < 10; i++)
        {
            await bed.DelayAsync(Limit.TotalMilliseconds * 0.9);
            await talks.SendTextAsync("alive");
            Assert.Equal("alive", await listens.ReadTextAsync(5));
        }

        var lastActivity = session.Control.LastActivity!.Value;
        var result = await session.EndAsync(server ? "cD" : "sD");
        Assert.Equal(lastActivity + Limit, session.Clock.GetUtcNow());
        Assert.InRange(result.Duration, Limit * 10, Limit * 10.5);
        await ExpectResetsAsync(session);
    });

    [Fact]
    public void IdleTimeout_SlowTransferUnderBackPressure_IsNotIdle() => SimulatedBed.Run(Seeds, async bed =>
    {
        // What counts is a window that went out, or room in the kernel's buffer: neither may take longer than the limit.
        bed.Network.DefaultLink = new SimulatedLinkOptions { SendBuffer = 40_000, ReceiveBuffer = 40_000 };
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { IdleTimeout = Limit });
        var stream = ConnectionExtensions.Pattern(bed.MoreThanFits);
        var sending = session.Server.TrySendAsync(stream);
        var read = new List<byte>();
        while (read.Count < stream.Length)
        {
            read.AddRange(await session.Client.ReadAsync(Math.Min(20_000, stream.Length - read.Count)));
            await bed.DelayAsync(400);
        }

        Assert.Equal(TransportStatus.Ok, await sending);
        ConnectionExtensions.AssertSame(stream, [.. read]);
        await session.EndWholeAsync("cD|sD", 0, stream.Length);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HalfCloseTimeout_OpenDirectionIsSilent_EndsExactlyThen(bool clientFirst) => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { HalfCloseTimeout = Limit });
        var (first, second) = clientFirst ? (session.Client, session.Server) : (session.Server, session.Client);
        await bed.DelayAsync(60_000);
        first.ShutdownSend();
        await second.ExpectFinAsync();
        var finSeen = session.Clock.GetUtcNow();
        var result = await session.EndWholeAsync(clientFirst ? "sL" : "cL", 0, 0);
        Assert.InRange(session.Clock.GetUtcNow(), finSeen, finSeen + Limit);
        Assert.InRange(result.Duration, TimeSpan.FromSeconds(60) + Limit, TimeSpan.FromSeconds(61) + Limit);
        await ExpectResetAsync(first);
        Assert.NotEqual(TransportStatus.Ok, await SendSoonAsync(second, bed));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void HalfCloseTimeout_OpenDirectionMoves_CountsFromItsLastByte(bool clientFirst) => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { HalfCloseTimeout = Limit });
        var (first, second) = clientFirst ? (session.Client, session.Server) : (session.Server, session.Client);
        first.ShutdownSend();
        await second.ExpectFinAsync();
        for (var i = 0; i < 5; i++)
        {
            await bed.DelayAsync(Limit.TotalMilliseconds * 0.9);
            await second.SendTextAsync("still");
            Assert.Equal("still", await first.ReadTextAsync(5));
        }

        var lastActivity = session.Control.LastActivity!.Value;
        await session.EndWholeAsync(clientFirst ? "sL" : "cL", clientFirst ? 0 : 25, clientFirst ? 25 : 0);
        Assert.Equal(lastActivity + Limit, session.Clock.GetUtcNow());
        await ExpectResetAsync(first);
    });

    [Fact]
    public void HalfCloseTimeout_ResetCannotBeDelivered_BoundsTheWait() => SimulatedBed.Run(Seeds, async bed =>
    {
        // The server resets, and the client, who has bytes to come, does not read: a RST waits for its acknowledgement, but not for ever.
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { HalfCloseTimeout = Limit });
        var sending = session.Server.TrySendAsync(new byte[bed.MoreThanFits * 2]);
        await bed.DelayAsync(10_000);
        Assert.False(sending.IsCompleted);
        session.Server.Abort();
        var abortedAt = session.Clock.GetUtcNow();
        await session.EndAsync("SD");
        Assert.InRange(session.Clock.GetUtcNow(), abortedAt, abortedAt + Limit + TimeSpan.FromSeconds(1.2));
        var (_, end) = await session.Client.ReadToEndAsync();
        Assert.Equal(TransportStatus.Reset, end);
    });

    [Fact]
    public void Lifetime_WithJitter_EndsBusySessionsAtDifferentTimes()
    {
        var durations = new HashSet<TimeSpan>();
        SimulatedBed.Run(Seeds, async bed =>
        {
            var options = new DuplexOptions { Lifetime = TimeSpan.FromSeconds(100), LifetimeJitter = 0.2 };
            var session = await DuplexSession.PrepareAsync(bed);
            session.Start(new DuplexProxy(options, bed.Random));
            var chatting = ChatAsync(session, bed);
            var result = await session.EndAsync("pD");
            Assert.InRange(result.Duration.TotalSeconds, 80, 120);
            durations.Add(result.Duration);
            await chatting;
        });
        Assert.Equal(Seeds, durations.Count);
    }

    [Fact]
    public void Lifetime_WithoutJitter_IsExact() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { Lifetime = Limit, LifetimeJitter = 0 });
        session.Client.ShutdownSend();
        Assert.Equal(Limit, (await session.EndAsync("pL")).Duration);
    });

    [Fact]
    public void Timeouts_TimersAreLate_NeverEarlyAndAtMostSoMuchLater() => SimulatedBed.Run(Seeds, async bed =>
    {
        bed.Network.TimerSlack = TimeSpan.FromMilliseconds(100);
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { IdleTimeout = Limit });
        var result = await session.EndAsync("cD");
        Assert.InRange(result.Duration, Limit, Limit + bed.Network.TimerSlack);
    });

    [Fact]
    public void RunAsync_CableOfIdleServerIsPulled_KeepAliveEndsTheSession() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        await session.Client.SendTextAsync("hello");
        Assert.Equal("hello", await session.Server.ReadTextAsync(5));
        await bed.DelayAsync(1000);
        ((SimulatedConnection)session.ServerSide).Link.Blackhole();
        var result = await session.EndWholeAsync("sD", 5, 0);
        Assert.InRange(result.Duration, TimeSpan.FromSeconds(55), TimeSpan.FromSeconds(65));
        await ExpectResetAsync(session.Client);
    });

    [Fact]
    public void RunAsync_CableOfServerIsPulledDuringAnUpload_IdleTimeoutEndsTheSession() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { IdleTimeout = Limit });
        var uploading = session.Client.TrySendAsync(new byte[bed.MoreThanFits * 2]);
        await session.Server.ReadAsync(1);
        ((SimulatedConnection)session.ServerSide).Link.Blackhole();
        await session.EndAsync("sD|cD");
        Assert.Equal(TransportStatus.Reset, await uploading);
    });

    private static async Task ChatAsync(DuplexSession session, SimulatedBed bed)
    {
        while (await session.Client.TrySendAsync(new byte[1]) == TransportStatus.Ok && (await session.Server.TakeAsync()).Data.Length > 0)
        {
            await bed.DelayAsync(500);
        }
    }

    private static async Task ExpectResetsAsync(DuplexSession session)
    {
        await ExpectResetAsync(session.Client);
        await ExpectResetAsync(session.Server);
    }

    private static async Task ExpectResetAsync(TransportConnection connection) =>
        Assert.Equal(TransportStatus.Reset, (await connection.ReceiveAsync()).Status);

    private static async Task<TransportStatus> SendSoonAsync(TransportConnection connection, SimulatedBed bed)
    {
        await bed.DelayAsync(1000);
        return await connection.SendAsync(new byte[1]);
    }
}
