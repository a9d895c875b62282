using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>What a copy must do over every transport. Times are left to the tests over the simulation.</summary>
public abstract partial class DuplexProxyTests
{
    private static readonly byte[] Request = ConnectionExtensions.Pattern(70_001, salt: 3);
    private static readonly byte[] Answer = ConnectionExtensions.Pattern(200_003, salt: 9);

    protected abstract Task RunAsync(Func<TransportBed, Task> test);

    [Fact]
    public Task RunAsync_ClientEndsFirst_AnswerStillArrives() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var asking = SendThenFinAsync(session.Client, Request);
        ConnectionExtensions.AssertSame(Request, await ReadToFinAsync(session.Server));
        await asking;
        var answering = SendThenFinAsync(session.Server, Answer);
        ConnectionExtensions.AssertSame(Answer, await ReadToFinAsync(session.Client));
        await answering;
        await session.EndWholeAsync("--", Request.Length, Answer.Length);
    });

    [Fact]
    public Task RunAsync_ServerEndsFirst_UploadStillArrives() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var answering = SendThenFinAsync(session.Server, Answer);
        ConnectionExtensions.AssertSame(Answer, await ReadToFinAsync(session.Client));
        await answering;
        var asking = SendThenFinAsync(session.Client, Request);
        ConnectionExtensions.AssertSame(Request, await ReadToFinAsync(session.Server));
        await asking;
        await session.EndWholeAsync("--", Request.Length, Answer.Length);
    });

    [Fact]
    public Task RunAsync_BothWaysAtOnce_BothArrive() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var (up, down) = (ConnectionExtensions.Pattern(800_000), ConnectionExtensions.Pattern(900_000, salt: 5));
        var sending = Task.WhenAll(SendThenFinAsync(session.Client, up), SendThenFinAsync(session.Server, down));
        var received = await Task.WhenAll(ReadToFinAsync(session.Server), ReadToFinAsync(session.Client));
        await sending;
        ConnectionExtensions.AssertSame(up, received[0]);
        ConnectionExtensions.AssertSame(down, received[1]);
        await session.EndWholeAsync("--", up.Length, down.Length);
    });

    [Fact]
    public Task RunAsync_BothEndAtOnceWithoutAByte_EndsNormally() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        session.Client.ShutdownSend();
        session.Server.ShutdownSend();
        await session.Client.ExpectFinAsync();
        await session.Server.ExpectFinAsync();
        await session.EndWholeAsync("--", 0, 0);
    });

    [Fact]
    public Task RunAsync_ServerSpeaksFirst_ClientHearsIt() => RunAsync(async bed =>
    {
        var session = await DuplexSession.PrepareAsync(bed);
        await session.Server.SendTextAsync("220 ready");
        session.Start(new DuplexProxy());
        Assert.Equal("220 ready", await session.Client.ReadTextAsync(9));
        await session.Client.SendTextAsync("HELO");
        Assert.Equal("HELO", await session.Server.ReadTextAsync(4));
        session.Client.ShutdownSend();
        await session.Server.ExpectFinAsync();
        session.Server.ShutdownSend();
        await session.EndWholeAsync("--", 4, 9);
    });

    [Fact]
    public Task RunAsync_LongSession_ControlCountsMeanwhile() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        for (var round = 1; round <= 20; round++)
        {
            await session.Client.SendTextAsync("ping");
            Assert.Equal("ping", await session.Server.ReadTextAsync(4));
            await session.Server.SendTextAsync("answer");
            Assert.Equal("answer", await session.Client.ReadTextAsync(6));
            var control = session.Control;

            // On another thread a send may be counted just after the peer has read it.
            var counted = (round * 4L, round * 4L, round * 6L, round * 6L);
            await bed.UntilAsync(() => (control.BytesFromClient, control.BytesToServer, control.BytesFromServer, control.BytesToClient) == counted);
            Assert.Null(control.Reason);
            Assert.NotNull(control.LastActivity);
        }

        session.Client.Abort();
        await session.EndWholeAsync("CD", 80, 120);
    });

    [Fact]
    public Task RunAsync_BytesReceivedBeforeAndNotConsumed_GoFirst() => RunAsync(async bed =>
    {
        var session = await DuplexSession.PrepareAsync(bed);
        await session.Client.SendTextAsync("HEADERpayload");
        Assert.Equal("HEADER", await session.ClientSide.ReadTextAsync(6));
        session.Start(new DuplexProxy());
        Assert.Equal("payload", await session.Server.ReadTextAsync(7));
        session.Client.ShutdownSend();
        session.Server.ShutdownSend();
        await session.Server.ExpectFinAsync();
        var result = await session.Running;
        Assert.Equal((7, 7), (result.BytesFromClient, result.BytesToServer));
    });

    [Fact]
    public Task RunAsync_BytesSeenBeforeAndNoneConsumed_GoFirst() => RunAsync(async bed =>
    {
        var session = await DuplexSession.PrepareAsync(bed);
        await session.Client.SendTextAsync("sniffed");
        while ((await session.ClientSide.ReceiveAsync()).Data.Length < 7)
        {
            session.ClientSide.Advance(0);
        }

        session.Start(new DuplexProxy());
        Assert.Equal("sniffed", await session.Server.ReadTextAsync(7));
        session.Client.ShutdownSend();
        session.Server.ShutdownSend();
        await session.Server.ExpectFinAsync();
        await session.EndWholeAsync("--", 7, 0);
    });

    private static async Task SendThenFinAsync(TransportConnection connection, byte[] data)
    {
        await connection.SendAllAsync(data);
        connection.ShutdownSend();
    }

    private static async Task<byte[]> ReadToFinAsync(TransportConnection connection)
    {
        var (data, end) = await connection.ReadToEndAsync();
        Assert.Equal(TransportStatus.Ok, end);
        return data;
    }
}
