using System.Text;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract partial class ConnectionConformanceTests
{
    [Fact]
    public Task ReceiveAsync_PartlyConsumed_RestComesFirstWithMoreBehind() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("abcdef");
        Assert.Equal("abcdef", await SeeAsync(other, 6));
        other.Advance(2);
        Assert.Equal(4, other.UnreadBytes);
        await one.SendTextAsync("ghi");
        var seen = await other.ReceiveAsync();
        Assert.Equal("cdefghi"[..seen.Data.Length], Encoding.ASCII.GetString(seen.Data.Span));
        Assert.InRange(seen.Data.Length, 4, 7);
        other.Advance(3);
        Assert.Equal("fghi", await other.ReadTextAsync(4));
        Assert.Equal((0, 9), (other.UnreadBytes, other.BytesReceived));
    });

    [Fact]
    public Task ReceiveAsync_PartlyConsumedAndNothingMoreComes_RestComesAtOnce() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("abcdef");
        Assert.Equal("abcdef", await SeeAsync(other, 6));
        for (var left = 5; left > 0; left--)
        {
            other.Advance(1);
            Assert.Equal(left, (await other.ReceiveAsync()).Data.Length);
        }

        other.Advance(1);
        one.ShutdownSend();
        await other.ExpectFinAsync();
    });

    [Fact]
    public Task ReceiveAsync_NothingConsumed_WaitsForMore() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("ab");
        Assert.Equal("ab", await SeeAsync(other, 2));
        other.Advance(0);
        var seeing = SeeAsync(other, 4);
        await bed.SettleAsync();
        Assert.False(seeing.IsCompleted);
        await one.SendTextAsync("cd");
        Assert.Equal("abcd", await seeing);
        other.Advance(4);
        Assert.Equal(0, other.UnreadBytes);
    });

    [Fact]
    public Task ReceiveAsync_LooksWithoutTaking_SeesMoreThanAWindow() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync(new TcpOptions { WindowSize = 100 });
        var pattern = ConnectionExtensions.Pattern(250);
        await one.SendAllAsync(pattern);
        Assert.Equal(Encoding.Latin1.GetString(pattern), await SeeAsync(other, 250));
        other.Advance(0);
        one.ShutdownSend();
        Assert.True((await other.ReceiveAsync()).IsFin);
    });

    [Fact]
    public Task ReceiveAsync_SmallWindow_HandsOutNoMoreThanThat() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync(new TcpOptions { WindowSize = 1000 });
        var pattern = ConnectionExtensions.Pattern(10_000);
        var sending = SendThenFinAsync(one, pattern);
        var read = new List<byte>();
        while (await other.ReceiveAsync() is { Data.IsEmpty: false } received)
        {
            Assert.InRange(received.Data.Length, 1, 1000);
            read.AddRange(received.Data.Span);
            other.Advance(received.Data.Length);
        }

        await sending;
        ConnectionExtensions.AssertSame(pattern, [.. read]);
    });

    [Fact]
    public Task ReceiveAsync_AfterTheFin_GivesTheFinAgain() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("last words");
        one.ShutdownSend();
        one.ShutdownSend();
        var (data, end) = await other.ReadToEndAsync();
        Assert.Equal("last words", Encoding.ASCII.GetString(data));
        Assert.Equal(TransportStatus.Ok, end);
        for (var i = 0; i < 3; i++)
        {
            await other.ExpectFinAsync();
        }

        Assert.False(other.IsReset);
    });

    [Fact]
    public Task ReceiveAsync_FinWithNothingBefore_IsFin() => RunAsync(async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var receiving = other.TakeAsync();
        one.ShutdownSend();
        var (status, data) = await receiving;
        Assert.Equal(TransportStatus.Ok, status);
        Assert.Empty(data);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task ShutdownSend_OneDirection_TheOtherGoesOn(bool connectorFirst) => RunAsync(async bed =>
    {
        var (connected, accepted) = await bed.PairAsync();
        var (first, second) = connectorFirst ? (connected, accepted) : (accepted, connected);
        var answer = ConnectionExtensions.Pattern(300_000);
        await first.SendTextAsync("question");
        first.ShutdownSend();
        Assert.Equal("question", Encoding.ASCII.GetString((await second.ReadToEndAsync()).Data));
        var answering = SendThenFinAsync(second, answer);
        var (data, end) = await first.ReadToEndAsync();
        await answering;
        ConnectionExtensions.AssertSame(answer, data);
        Assert.Equal(TransportStatus.Ok, end);
        Assert.Equal((8, 300_000), (first.BytesSent, first.BytesReceived));
        Assert.Equal((300_000, 8), (second.BytesSent, second.BytesReceived));
        await second.ExpectFinAsync();
    });

    [Fact]
    public Task SendFromAsync_AnotherConnection_RelaysExactly() => RunAsync(async bed =>
    {
        var (client, clientSide) = await bed.PairAsync();
        var (serverSide, server) = await bed.PairAsync();
        var pattern = ConnectionExtensions.Pattern(2_000_000);
        var sending = SendThenFinAsync(client, pattern);
        var relaying = RelayAsync(clientSide, serverSide);
        var (data, end) = await server.ReadToEndAsync();
        await sending;
        await relaying;
        Assert.Equal(TransportStatus.Ok, end);
        ConnectionExtensions.AssertSame(pattern, data);
        Assert.Equal((2_000_000, 2_000_000), (clientSide.BytesReceived, serverSide.BytesSent));
    });

    [Fact]
    public Task SendFromAsync_PartOfWhatWasReceived_LeavesTheRest() => RunAsync(async bed =>
    {
        var (client, clientSide) = await bed.PairAsync();
        var (serverSide, server) = await bed.PairAsync();
        await client.SendTextAsync("headerpayload");
        Assert.Equal("headerpayload", await SeeAsync(clientSide, 13));
        clientSide.Advance(6);
        var received = await clientSide.ReceiveAsync();
        Assert.Equal(TransportStatus.Ok, await serverSide.SendFromAsync(clientSide, received.Data));
        Assert.Equal("payload", await server.ReadTextAsync(7));
        Assert.Equal(0, clientSide.UnreadBytes);
    });

    private protected static async Task RelayAsync(TransportConnection from, TransportConnection to)
    {
        while (await from.ReceiveAsync() is { Data.IsEmpty: false } received)
        {
            Assert.Equal(TransportStatus.Ok, await to.SendFromAsync(from, received.Data));
        }

        to.ShutdownSend();
    }

    private protected static async Task SendThenFinAsync(TransportConnection connection, byte[] data)
    {
        await connection.SendAllAsync(data);
        connection.ShutdownSend();
    }

    // Looks, without consuming, until so much is there. Leaves the last receive for the caller to advance.
    private protected static async Task<string> SeeAsync(TransportConnection connection, int count)
    {
        while (true)
        {
            var received = await connection.ReceiveAsync();
            Assert.Equal(TransportStatus.Ok, received.Status);
            Assert.False(received.IsFin);
            if (received.Data.Length >= count)
            {
                return Encoding.Latin1.GetString(received.Data.Span);
            }

            connection.Advance(0);
        }
    }
}
