using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class TcpConnectionConformanceTests
{
    [Fact]
    public Task Abort_DataAcknowledgedBefore_PeerReadsItThenReset() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var pattern = ConnectionExtensions.Pattern(1500);
        await one.SendAllAsync(pattern);
        Assert.True(await one.FlushToPeerAsync());
        one.Abort();
        one.Abort();
        var (data, end) = await other.ReadToEndAsync();
        ConnectionExtensions.AssertSame(pattern, data);
        Assert.Equal(TransportStatus.Reset, end);
        Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
        Assert.Equal(1500, other.BytesReceived);
    });

    [Fact]
    public Task Abort_PeerOperationsPending_BothEndWithReset() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var receiving = other.TakeAsync();
        var sending = other.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.UntilAsync(() => other.BytesSent > 0);
        one.Abort();
        Assert.Equal(TransportStatus.Reset, (await receiving).Status);
        Assert.Equal(TransportStatus.Reset, await sending);
        Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
        Assert.InRange(other.BytesSent, 1, bed.MoreThanFits - 1);
    });

    [Fact]
    public Task Reset_NoticedByASendFirst_ReceiveNeverSaysFin() => RunAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds; round++)
        {
            var (one, other) = await bed.PairAsync();
            one.Abort();
            Assert.Equal(TransportStatus.Reset, await SendUntilEndAsync(other));
            Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
            Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
            Assert.Equal(TransportStatus.Reset, await other.SendAsync(new byte[1]));
            Assert.True(other.IsReset);
        }
    });

    [Fact]
    public Task Reset_NoticedByALongSendFirst_ReceiveNeverSaysFin() => RunAsync(async bed =>
    {
        // The kernel reports a reset once. The send may have just made room for it, and meet it in the same turn.
        var data = new byte[bed.MoreThanFits];
        for (var round = 0; round < bed.Rounds; round++)
        {
            var (one, other) = await bed.PairAsync();
            var sending = one.TrySendAsync(data);
            await other.ReadAsync(1 + (round * 79_193 % Math.Min(bed.MoreThanFits / 2, 3_000_000)));
            other.Abort();
            Assert.Equal(TransportStatus.Reset, await sending);
            Assert.Equal(TransportStatus.Reset, (await one.ReceiveAsync()).Status);
            await one.DisposeAsync();
            await other.DisposeAsync();
        }
    });

    [Fact]
    public Task Reset_WhileReceivingAndSending_ReceiveNeverSaysFin() => RunAsync(async bed =>
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
    public Task Reset_AfterTheFin_ReceiveStillSaysFin() => RunAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds / 5; round++)
        {
            var (one, other) = await bed.PairAsync();
            await one.SendTextAsync("whole");
            one.ShutdownSend();
            Assert.True(await one.FlushToPeerAsync());
            one.Abort();
            await bed.UntilAsync(() => other.IsReset);
            var (data, end) = await other.ReadToEndAsync();
            Assert.Equal(5, data.Length);
            Assert.Equal(TransportStatus.Ok, end);
            await other.ExpectFinAsync();
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task RemoteEndPoint_AskedOnlyAfterTheEnd_IsStillKnown(bool abort) => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        if (abort)
        {
            other.Abort();
        }

        await other.DisposeAsync();
        Assert.NotNull(other.RemoteEndPoint);
        Assert.Equal(one.LocalEndPoint ?? other.RemoteEndPoint, other.RemoteEndPoint);
    });

    [Fact]
    public Task IsReset_ResetWithoutReading_TrueAndDataIsStillThere() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("before");
        Assert.True(await one.FlushToPeerAsync());
        Assert.False(other.IsReset);
        one.Abort();
        await bed.UntilAsync(() => other.IsReset);
        Assert.Equal("before", await other.ReadTextAsync(6));
        Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
        Assert.True(other.IsReset);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1500)]
    public Task HasPeerClosed_Reset_TrueAndWhatCameBeforeIsStillRead(int unread) => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var pattern = ConnectionExtensions.Pattern(unread);
        await one.SendAllAsync(pattern);
        Assert.True(await one.FlushToPeerAsync());
        Assert.False(other.HasPeerClosed);
        one.Abort();
        await bed.UntilAsync(() => other.HasPeerClosed);
        var (data, end) = await other.ReadToEndAsync();
        ConnectionExtensions.AssertSame(pattern, data);
        Assert.Equal(TransportStatus.Reset, end);
        Assert.Equal((true, true), (other.HasPeerClosed, other.IsReset));
    });

    [Fact]
    public Task Reset_AfterTheFinAndNoticedByASend_ReceiveStillSaysFin() => RunAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds / 5; round++)
        {
            var (one, other) = await bed.PairAsync();
            await one.SendTextAsync("whole");
            one.ShutdownSend();
            Assert.True(await one.FlushToPeerAsync());
            one.Abort();
            Assert.Equal(TransportStatus.Reset, await SendUntilEndAsync(other));
            Assert.Equal(TransportStatus.Reset, await other.SendAsync(new byte[1]));
            var (data, end) = await other.ReadToEndAsync();
            Assert.Equal((5, TransportStatus.Ok), (data.Length, end));
        }
    });
}
