using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class TransportConformanceTests
{
    [Fact]
    public Task Abort_DataAcknowledgedBefore_PeerReadsItThenReset() => RunOnTcpAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var pattern = ConnectionExtensions.Pattern(1500);
        await one.SendAllAsync(pattern);
        Assert.True(await one.WaitAcknowledgedAsync());
        one.Abort();
        one.Abort();
        var (data, end) = await other.ReadToEndAsync();
        ConnectionExtensions.AssertSame(pattern, data);
        Assert.Equal(TransportStatus.Reset, end);
        Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
        Assert.Equal(1500, other.BytesReceived);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Abort_OwnOperationsPending_BothEndWithAborted(bool elsewhere) => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        var receiving = one.TakeAsync();
        var sending = one.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.PauseAsync();
        Assert.False(receiving.IsCompleted);
        Assert.False(sending.IsCompleted);
        if (elsewhere)
        {
            await bed.RunElsewhereAsync(one.Abort);
        }
        else
        {
            one.Abort();
        }

        Assert.Equal(TransportStatus.Aborted, (await receiving).Status);
        Assert.Equal(TransportStatus.Aborted, await sending);
        Assert.Equal(TransportStatus.Aborted, (await one.ReceiveAsync()).Status);
        Assert.Equal(TransportStatus.Aborted, await one.SendAsync(new byte[1]));
        one.ShutdownSend();
        Assert.False(await one.WaitAcknowledgedAsync());
        await one.DisposeAsync();
        await one.DisposeAsync();
        one.Abort();
    });

    [Fact]
    public Task Abort_PeerOperationsPending_BothEndWithReset() => RunOnTcpAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var receiving = other.TakeAsync();
        var sending = other.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.PauseAsync();
        one.Abort();
        Assert.Equal(TransportStatus.Reset, (await receiving).Status);
        Assert.Equal(TransportStatus.Reset, await sending);
        Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
        Assert.InRange(other.BytesSent, 1, bed.MoreThanFits - 1);
    });

    [Fact]
    public Task Abort_RacesWithOperations_EveryOneEnds() => RunAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds; round++)
        {
            var (one, other) = await bed.PairAsync();
            var receiving = one.ReadToEndAsync();
            var sending = SendUntilEndAsync(one);
            var echoing = SendUntilEndAsync(other);
            await bed.RunElsewhereAsync(one.Abort);
            Assert.Equal(TransportStatus.Aborted, (await receiving).End);
            Assert.Equal(TransportStatus.Aborted, await sending);
            other.Abort();
            await echoing;
            await one.DisposeAsync();
            await other.DisposeAsync();
        }
    });

    [Fact]
    public Task Reset_NoticedByASendFirst_ReceiveNeverSaysFin() => RunOnTcpAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds; round++)
        {
            var (one, other) = await bed.PairAsync();
            one.Abort();
            Assert.Equal(TransportStatus.Reset, await SendUntilEndAsync(other));
            Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
            Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
            Assert.Equal(TransportStatus.Reset, await other.SendAsync(new byte[1]));
            Assert.True(other.PeerGone);
        }
    });

    [Fact]
    public Task Reset_WhileReceivingAndSending_ReceiveNeverSaysFin() => RunOnTcpAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds; round++)
        {
            var (one, other) = await bed.PairAsync();
            var receiving = other.ReadToEndAsync();
            var sending = SendUntilEndAsync(other);
            await bed.PauseAsync();
            await bed.RunElsewhereAsync(one.Abort);
            Assert.Equal(TransportStatus.Reset, (await receiving).End);
            Assert.Equal(TransportStatus.Reset, await sending);
        }
    });

    [Fact]
    public Task Reset_AfterTheFin_ReceiveStillSaysFin() => RunOnTcpAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds / 5; round++)
        {
            var (one, other) = await bed.PairAsync();
            await one.SendTextAsync("whole");
            one.ShutdownSend();
            Assert.True(await one.WaitAcknowledgedAsync());
            one.Abort();
            await bed.UntilAsync(() => other.PeerGone);
            var (data, end) = await other.ReadToEndAsync();
            Assert.Equal(5, data.Length);
            Assert.Equal(TransportStatus.Ok, end);
            await other.ExpectFinAsync();
        }
    });

    [Fact]
    public Task PeerGone_ResetWithoutReading_TrueAndDataIsStillThere() => RunOnTcpAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("before");
        Assert.True(await one.WaitAcknowledgedAsync());
        Assert.False(other.PeerGone);
        one.Abort();
        await bed.UntilAsync(() => other.PeerGone);
        Assert.Equal("before", await other.ReadTextAsync(6));
        Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
        Assert.True(other.PeerGone);
    });

    [Fact]
    public Task PeerGone_Fin_StaysFalse() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        one.ShutdownSend();
        await other.ExpectFinAsync();
        Assert.False(other.PeerGone);
        await other.SendTextAsync("x");
        Assert.Equal("x", await one.ReadTextAsync(1));
        Assert.False(other.PeerGone);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task PeerGone_BothFins_StaysFalse(bool weFirst) => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var (first, second) = weFirst ? (one, other) : (other, one);
        first.ShutdownSend();
        await second.ExpectFinAsync();
        second.ShutdownSend();
        await first.ExpectFinAsync();
        if (bed.IsTcp)
        {
            Assert.True(await second.WaitAcknowledgedAsync());
            Assert.True(await first.WaitAcknowledgedAsync());
        }

        Assert.Equal((false, false), (one.PeerGone, other.PeerGone));
        await one.ExpectFinAsync();
        await other.ExpectFinAsync();
    });

    [Fact]
    public Task Reset_AfterTheFinAndNoticedByASend_ReceiveStillSaysFin() => RunOnTcpAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds / 5; round++)
        {
            var (one, other) = await bed.PairAsync();
            await one.SendTextAsync("whole");
            one.ShutdownSend();
            Assert.True(await one.WaitAcknowledgedAsync());
            one.Abort();
            Assert.Equal(TransportStatus.Reset, await SendUntilEndAsync(other));
            Assert.Equal(TransportStatus.Reset, await other.SendAsync(new byte[1]));
            var (data, end) = await other.ReadToEndAsync();
            Assert.Equal((5, TransportStatus.Ok), (data.Length, end));
        }
    });

    [Fact]
    public Task DisposeAsync_EverythingSentAndBothFins_PeerSeesTheNormalEnd() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("bye");
        one.ShutdownSend();
        other.ShutdownSend();
        await one.ExpectFinAsync();
        await one.DisposeAsync();
        await one.DisposeAsync();
        var (data, end) = await other.ReadToEndAsync();
        Assert.Equal(3, data.Length);
        Assert.Equal(TransportStatus.Ok, end);
        Assert.Equal((3, 0), (one.BytesSent, one.BytesReceived));
    });

    private static async Task<TransportStatus> SendUntilEndAsync(TransportConnection connection)
    {
        var chunk = new byte[3000];
        TransportStatus status;
        do
        {
            status = await connection.SendAsync(chunk);
        }
        while (status == TransportStatus.Ok);
        return status;
    }
}
