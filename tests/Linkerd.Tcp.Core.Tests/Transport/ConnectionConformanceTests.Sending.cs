using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class ConnectionConformanceTests
{
    [Fact]
    public Task SendAsync_BufferChangedAfterTheCall_OldBytesArrive() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var pattern = ConnectionExtensions.Pattern(bed.MoreThanFits);
        var buffer = pattern.ToArray();
        var sending = one.TrySendAsync(buffer);
        buffer.AsSpan().Clear();
        Assert.False(sending.IsCompleted);
        ConnectionExtensions.AssertSame(pattern, await other.ReadAsync(pattern.Length));
        Assert.Equal(TransportStatus.Ok, await sending);
    });

    [Fact]
    public Task SendAsync_PeerDoesNotRead_PendsAndTakesNoMore() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var sending = one.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.SettleAsync();
        Assert.False(sending.IsCompleted);
        Assert.InRange(one.BytesSent, 1, bed.MoreThanFits - 1);
        await other.ReadAsync(bed.MoreThanFits);
        Assert.Equal(TransportStatus.Ok, await sending);
        Assert.Equal(bed.MoreThanFits, one.BytesSent);
    });

    [Fact]
    public Task SendAsync_ManySizes_ArriveInOrder() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var pattern = ConnectionExtensions.Pattern(600_000);
        var sending = SendInPiecesAsync(one, pattern);
        var (data, end) = await other.ReadToEndAsync();
        await sending;
        Assert.Equal(TransportStatus.Ok, end);
        ConnectionExtensions.AssertSame(pattern, data);

        static async Task SendInPiecesAsync(TransportConnection connection, byte[] data)
        {
            for (int start = 0, size = 1; start < data.Length; start += size, size = size * 2 % 65_521)
            {
                await connection.SendAllAsync(data.AsMemory(start, Math.Min(size, data.Length - start)));
            }

            connection.ShutdownSend();
        }
    });

    [Fact]
    public Task SendAsync_BothWaysAtOnce_BothArrive() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var (there, back) = (ConnectionExtensions.Pattern(1_000_000), ConnectionExtensions.Pattern(1_000_000, salt: 77));
        var sending = new[] { SendThenFinAsync(one, there), SendThenFinAsync(other, back) };
        var receiving = new[] { other.ReadToEndAsync(), one.ReadToEndAsync() };
        await Task.WhenAll(sending);
        var received = await Task.WhenAll(receiving);
        ConnectionExtensions.AssertSame(there, received[0].Data);
        ConnectionExtensions.AssertSame(back, received[1].Data);
        Assert.All([one, other], connection => Assert.Equal((1_000_000, 1_000_000), (connection.BytesSent, connection.BytesReceived)));
    });

    [Fact]
    public Task SendAsync_Nothing_IsOk() => RunAsync(async bed =>
    {
        var (one, _) = await bed.PairAsync();
        Assert.Equal(TransportStatus.Ok, await one.SendAsync(default));
        Assert.Equal(0, one.BytesSent);
    });

    private protected static async Task<bool> WaitAsync(TransportConnection connection) => await connection.FlushToPeerAsync();
}
