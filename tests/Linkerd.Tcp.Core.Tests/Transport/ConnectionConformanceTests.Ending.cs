using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class ConnectionConformanceTests
{
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
        Assert.False(await one.FlushToPeerAsync());
        await one.DisposeAsync();
        await one.DisposeAsync();
        one.Abort();
    });

    [Fact]
    public Task Abort_RacesWithOperations_EveryOneEnds() => RunAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds; round++)
        {
            var (one, other) = await bed.PairAsync();
            var receiving = DiscardToEndAsync(one);
            var sending = SendUntilEndAsync(one);
            var echoing = SendUntilEndAsync(other);
            await bed.RunElsewhereAsync(one.Abort);
            Assert.Equal(TransportStatus.Aborted, await receiving);
            Assert.Equal(TransportStatus.Aborted, await sending);
            other.Abort();
            await echoing;
            await one.DisposeAsync();
            await other.DisposeAsync();
        }
    });

    [Fact]
    public Task IsReset_Fin_StaysFalse() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        one.ShutdownSend();
        await other.ExpectFinAsync();
        Assert.False(other.IsReset);
        await other.SendTextAsync("x");
        Assert.Equal("x", await one.ReadTextAsync(1));
        Assert.False(other.IsReset);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task IsReset_BothFins_StaysFalse(bool weFirst) => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var (first, second) = weFirst ? (one, other) : (other, one);
        first.ShutdownSend();
        await second.ExpectFinAsync();
        second.ShutdownSend();
        await first.ExpectFinAsync();
        if (bed.IsTcp)
        {
            Assert.True(await second.FlushToPeerAsync());
            Assert.True(await first.FlushToPeerAsync());
        }

        Assert.Equal((false, false), (one.IsReset, other.IsReset));
        await one.ExpectFinAsync();
        await other.ExpectFinAsync();
    });

    [Fact]
    public Task HasPeerClosed_PeerIsOpen_FalseWithAndWithoutUnreadData() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        Assert.Equal((false, false), (one.HasPeerClosed, other.HasPeerClosed));
        await one.SendTextAsync("speaks first");
        Assert.True(await one.FlushToPeerAsync());
        Assert.False(other.HasPeerClosed);
        Assert.Equal("speaks", await other.ReadTextAsync(6));
        Assert.False(other.HasPeerClosed);

        // Our own FIN is none of the peer's.
        other.ShutdownSend();
        await one.ExpectFinAsync();
        Assert.Equal((true, false), (one.HasPeerClosed, other.HasPeerClosed));
        Assert.Equal(" first", await other.ReadTextAsync(6));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1500)]
    public Task HasPeerClosed_Fin_TrueAndWhatCameBeforeIsStillRead(int unread) => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var pattern = ConnectionExtensions.Pattern(unread);
        await one.SendAllAsync(pattern);
        one.ShutdownSend();
        await bed.UntilAsync(() => other.HasPeerClosed);
        var elsewhere = false;
        await bed.RunElsewhereAsync(() => elsewhere = other.HasPeerClosed);
        Assert.True(elsewhere);
        var (data, end) = await other.ReadToEndAsync();
        ConnectionExtensions.AssertSame(pattern, data);
        Assert.Equal(TransportStatus.Ok, end);
        await other.SendTextAsync("still open this way");
        Assert.Equal("still", await one.ReadTextAsync(5));
        Assert.Equal((true, false, false), (other.HasPeerClosed, other.IsReset, one.HasPeerClosed));
    });

    [Fact]
    public Task HasPeerClosed_FinWhileAReceiveWaits_TrueThenAndForEver() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var receiving = other.TakeAsync();
        await bed.PauseAsync();
        Assert.False(other.HasPeerClosed);
        one.ShutdownSend();
        Assert.Equal(TransportStatus.Ok, (await receiving).Status);
        Assert.True(other.HasPeerClosed);
        await other.DisposeAsync();
        Assert.True(other.HasPeerClosed);
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

    // Whoever aborts may be late on a busy machine, and by then gigabytes have come.
    private static async Task<TransportStatus> DiscardToEndAsync(TransportConnection connection)
    {
        while (true)
        {
            var received = await connection.ReceiveAsync();
            if (received.Data.IsEmpty)
            {
                return received.Status;
            }

            connection.Advance(received.Data.Length);
        }
    }

    private protected static async Task<TransportStatus> SendUntilEndAsync(TransportConnection connection)
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
