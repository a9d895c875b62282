using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

public abstract partial class DuplexHoldTests
{
    private static readonly CloseReason Killed = new(ClosedBy.Operator, ClosePhase.Data);

    [Fact]
    public Task Start_ClientResetsDuringTheHold_ServerIsReset() => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed);
        await bed.SettleAsync();
        session.Client.Abort();
        await session.EndAsync("CD", 0, 0);
        await ExpectResetAsync(session.Server);
        Assert.Equal(0, session.TimesAsked);
    });

    [Fact]
    public Task Start_ClientResetsDuringTheReplacement_ItIsCancelled() => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed, waits: true);
        session.Server.ShutdownSend();
        await session.Asked;
        session.Client.Abort();
        await bed.UntilAsync(() => session.Cancellation.IsCancellationRequested);
        session.LetConnect();
        await ExpectResetAsync(await session.FreshServerAsync());
        await session.EndAsync("CD", 0, 0);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task TryEnd_DuringTheHold_BothAreReset(bool elsewhere) => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed);
        await bed.SettleAsync();
        await TryEndAsync(bed, session, elsewhere);
        await session.EndAsync("KD", 0, 0);
        await ExpectResetAsync(session.Client);
        await ExpectResetAsync(session.Server);
        Assert.Equal(0, session.TimesAsked);
    });

    [Fact]
    public Task TryEnd_BeforeTheStart_BothAreReset() => RunAsync(async bed =>
    {
        var session = await HeldSession.PrepareAsync(bed);
        session.Control.TryEnd(Killed);
        session.Start(null);
        await session.EndAsync("KD", 0, 0);
        await ExpectResetAsync(session.Client);
        await ExpectResetAsync(session.Server);
    });

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, true)]
    public Task TryEnd_DuringTheReplacement_ItIsCancelledAndTheFirstReasonCounts(bool elsewhere, bool spoke, bool refused) => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed, waits: true);
        session.Refusal = refused ? new(ClosedBy.Server, ClosePhase.Connect) : null;
        session.Server.ShutdownSend();
        await session.Asked;
        if (spoke)
        {
            await session.Client.SendTextAsync("x");
            await bed.UntilAsync(() => session.Control.BytesFromClient > 0);
        }

        await TryEndAsync(bed, session, elsewhere);
        Assert.True(session.Cancellation.IsCancellationRequested);
        session.LetConnect();
        if (!refused)
        {
            await ExpectResetAsync(await session.FreshServerAsync());
        }

        await session.EndAsync("KD", spoke ? 1 : 0, 0);
        await ExpectResetAsync(session.Client);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task TryEnd_AnyTimeAroundTheReplacement_Ends(bool spoke) => RunAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds; round++)
        {
            var session = await HeldSession.StartAsync(bed);
            session.Server.ShutdownSend();
            await session.Asked;
            if (spoke)
            {
                await session.Client.SendTextAsync("x");
            }

            for (var i = 0; i < round % 4; i++)
            {
                await bed.PauseAsync();
            }

            await TryEndAsync(bed, session, elsewhere: true);
            Assert.Equal(Killed, (await session.Running).Reason);
            await ExpectResetAsync(session.Client);
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Start_NoReplacementToBeHad_ClientIsResetAndToldWhy(bool spoke) => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed, waits: true);
        session.Refusal = new(ClosedBy.Server, ClosePhase.Connect, timedOut: true);
        session.Server.ShutdownSend();
        await session.Asked;
        if (spoke)
        {
            await session.Client.SendTextAsync("x");
            await bed.UntilAsync(() => session.Control.BytesFromClient > 0);
        }

        session.LetConnect();
        await session.EndAsync("sC", spoke ? 1 : 0, 0);
        await ExpectResetAsync(session.Client);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Start_ReplacementThrows_IsAFaultOfTheCopy(bool spoke) => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed, waits: true);
        session.Fault = new InvalidOperationException("broken");
        session.Server.ShutdownSend();
        await session.Asked;
        if (spoke)
        {
            await session.Client.SendTextAsync("x");
            await bed.UntilAsync(() => session.Control.BytesFromClient > 0);
        }

        session.LetConnect();
        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidOperationException>(() => session.Running)).Message);
        Assert.Equal(ClosedBy.Proxy, session.Control.Reason?.By);
        await ExpectResetAsync(session.Client);
    });

    private static Task TryEndAsync(TransportBed bed, HeldSession session, bool elsewhere)
    {
        if (elsewhere)
        {
            return bed.RunElsewhereAsync(() => session.Control.TryEnd(Killed));
        }

        session.Control.TryEnd(Killed);
        return Task.CompletedTask;
    }

    private static async Task ExpectResetAsync(TransportConnection connection) =>
        Assert.Equal(TransportStatus.Reset, (await connection.ReadToEndAsync()).End);
}
