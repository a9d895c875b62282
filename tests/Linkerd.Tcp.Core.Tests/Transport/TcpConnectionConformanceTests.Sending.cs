using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class TcpConnectionConformanceTests
{
    [Fact]
    public Task WaitAcknowledgedAsync_PeerKernelHasAll_True() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        Assert.True(await one.FlushToPeerAsync());
        await one.SendTextAsync("some");
        Assert.True(await one.FlushToPeerAsync());
        one.ShutdownSend();
        Assert.True(await one.FlushToPeerAsync());
        Assert.Equal("some", await other.ReadTextAsync(4));
    });

    [Fact]
    public Task WaitAcknowledgedAsync_PeerReadsSlowly_TrueOnceThePeerHasIt() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var sending = one.TrySendAsync(new byte[bed.MoreThanFits]);
        await other.ReadAsync(bed.MoreThanFits / 2);
        var rest = other.ReadAsync(bed.MoreThanFits / 2);
        Assert.Equal(TransportStatus.Ok, await sending);
        Assert.True(await one.FlushToPeerAsync());
        one.Abort();
        Assert.Equal(bed.MoreThanFits / 2, (await rest).Length);
        Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
    });

    [Fact]
    public Task WaitAcknowledgedAsync_AbortedElsewhere_False() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var sending = one.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.UntilStuckAsync(one);
        var waiting = WaitAsync(one);
        await bed.SettleAsync();
        Assert.False(waiting.IsCompleted);
        await bed.RunElsewhereAsync(one.Abort);
        Assert.False(await waiting);
        Assert.Equal(TransportStatus.Aborted, await sending);
        Assert.Equal(0, other.BytesReceived);
    });

    [Fact]
    public Task WaitAcknowledgedAsync_PeerResets_False() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var sending = one.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.UntilStuckAsync(one);
        var waiting = WaitAsync(one);
        await bed.PauseAsync();
        other.Abort();
        Assert.False(await waiting);
        Assert.Equal(TransportStatus.Reset, await sending);
    });
}
