using System.Text;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>A receive that is given up, and leaves the connection as it is.</summary>
public abstract class ReceiveUntilTests
{
    [Fact]
    public Task ReceiveUntilAsync_NothingCame_IsGivenUpAndTheConnectionGoesOn() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        for (var i = 0; i < 3; i++)
        {
            using var giveUp = new CancellationTokenSource();
            var receiving = other.ReceiveUntilAsync(giveUp.Token).AsTask();
            await bed.SettleAsync();
            Assert.False(receiving.IsCompleted);
            giveUp.Cancel();
            Assert.Equal((TransportStatus.Aborted, 0), Of(await receiving));
        }

        var next = other.ReadTextAsync(4);
        await one.SendTextAsync("some");
        Assert.Equal("some", await next);
        await other.SendTextAsync("answer");
        Assert.Equal("answer", await one.ReadTextAsync(6));
        one.ShutdownSend();
        await other.ExpectFinAsync();
    });

    [Fact]
    public Task ReceiveUntilAsync_BytesWereSeenAndNotTaken_ComeAgainAtOnceAfterwards() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("ab");
        using var giveUp = new CancellationTokenSource();
        while ((await other.ReceiveUntilAsync(giveUp.Token)).Data.Length < 2)
        {
            other.Advance(0);
        }

        other.Advance(0);
        var receiving = other.ReceiveUntilAsync(giveUp.Token).AsTask();
        await bed.SettleAsync();
        giveUp.Cancel();
        Assert.Equal((TransportStatus.Aborted, 0), Of(await receiving));
        Assert.Equal(2, other.UnreadBytes);
        Assert.Equal("ab", await other.ReadTextAsync(2));
        await one.SendTextAsync("cd");
        Assert.Equal("cd", await other.ReadTextAsync(2));
    });

    [Fact]
    public Task ReceiveUntilAsync_BytesComeFirst_AreReceivedAndTheTokenHasNoEffect() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        using var giveUp = new CancellationTokenSource();
        var receiving = SeeAsync(other, giveUp.Token);
        await one.SendTextAsync("a");
        Assert.Equal("a", await receiving);
        giveUp.Cancel();
        other.Advance(1);
        await one.SendTextAsync("b");
        Assert.Equal("b", await other.ReadTextAsync(1));
    });

    [Fact]
    public Task ReceiveUntilAsync_TokenWasCancelledBefore_GivesWhatIsThereOrGivesUp() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var cancelled = new CancellationToken(canceled: true);
        Assert.Equal((TransportStatus.Aborted, 0), Of(await other.ReceiveUntilAsync(cancelled)));
        await one.SendTextAsync("ab");
        Assert.Equal("ab", await other.ReadTextAsync(2));
        one.ShutdownSend();
        await other.ExpectFinAsync();
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task ReceiveUntilAsync_ConnectionEnds_IsItsEnd(bool resets) => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        using var giveUp = new CancellationTokenSource();
        var receiving = other.ReceiveUntilAsync(giveUp.Token).AsTask();
        await bed.SettleAsync();
        if (resets)
        {
            one.Abort();
        }
        else
        {
            one.ShutdownSend();
        }

        Assert.Equal((resets ? TransportStatus.Reset : TransportStatus.Ok, 0), Of(await receiving));
        giveUp.Cancel();
    });

    [Fact]
    public Task ReceiveUntilAsync_AbortedHere_IsAborted() => RunAsync(async bed =>
    {
        var (_, other) = await bed.PairAsync();
        using var giveUp = new CancellationTokenSource();
        var receiving = other.ReceiveUntilAsync(giveUp.Token).AsTask();
        await bed.SettleAsync();
        await bed.RunElsewhereAsync(other.Abort);
        Assert.Equal((TransportStatus.Aborted, 0), Of(await receiving));
        await other.DisposeAsync();
        giveUp.Cancel();
    });

    [Fact]
    public Task ReceiveUntilAsync_TokenAndBytesAtOnce_NothingIsLost() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        for (var i = 0; i < 10 * bed.Rounds; i++)
        {
            using var giveUp = new CancellationTokenSource();
            var receiving = other.ReceiveUntilAsync(giveUp.Token).AsTask();
            var sending = one.SendTextAsync(((char)('a' + (i % 26))).ToString());
            await bed.RunElsewhereAsync(giveUp.Cancel);
            var (status, _) = Of(await receiving);
            Assert.Contains(status, (TransportStatus[])[TransportStatus.Ok, TransportStatus.Aborted]);
            await sending;
            Assert.Equal(((char)('a' + (i % 26))).ToString(), await other.ReadTextAsync(1));
        }
    });

    protected abstract Task RunAsync(Func<TransportBed, Task> test);

    private static (TransportStatus Status, int Length) Of(ReceiveResult result) => (result.Status, result.Data.Length);

    private static async Task<string> SeeAsync(TransportConnection connection, CancellationToken giveUp) => Encoding.ASCII.GetString((await connection.ReceiveUntilAsync(giveUp)).Data.Span);
}

public sealed class EpollReceiveUntilTests : ReceiveUntilTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => EpollBeds.RunAsync(test);
}

public sealed class SocketsReceiveUntilTests : ReceiveUntilTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test) => SocketsBeds.RunAsync(test);
}

public sealed class SimulatedReceiveUntilTests : ReceiveUntilTests
{
    protected override Task RunAsync(Func<TransportBed, Task> test)
    {
        SimulatedBed.Run(seeds: 8, test);
        return Task.CompletedTask;
    }
}
