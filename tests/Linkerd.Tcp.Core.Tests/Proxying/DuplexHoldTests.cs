using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>A server connection that was made before it was needed, and may be replaced unseen. Over every transport.</summary>
public abstract partial class DuplexHoldTests
{
    private static readonly byte[] Request = ConnectionExtensions.Pattern(70_001, salt: 3);
    private static readonly byte[] Answer = ConnectionExtensions.Pattern(200_003, salt: 9);

    protected abstract Task RunAsync(Func<TransportBed, Task> test);

    [Fact]
    public Task Start_ClientSpeaksFirst_GoesToTheServerThatThereIs() => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed);
        await bed.SettleAsync();
        await ConverseAsync(session, session.Server);
        Assert.Equal(0, session.TimesAsked);
    });

    [Fact]
    public Task Start_ServerSpeaksFirst_ClientHearsItAndIsHeard() => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed);
        await session.Server.SendTextAsync("220 ready");
        Assert.Equal("220 ready", await session.Client.ReadTextAsync(9));
        await session.Client.SendTextAsync("HELO");
        Assert.Equal("HELO", await session.Server.ReadTextAsync(4));
        session.Client.ShutdownSend();
        await session.Server.ExpectFinAsync();
        session.Server.ShutdownSend();
        await session.EndAsync("--", 4, 9);
        Assert.Equal(0, session.TimesAsked);
    });

    [Fact]
    public Task Start_ServerSpeaksAndEndsDuringTheHold_IsNotReplaced() => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed);
        await SendThenFinAsync(session.Server, Answer, session.Client);
        await SendThenFinAsync(session.Client, Request, session.Server);
        await session.EndAsync("--", Request.Length, Answer.Length);
        Assert.Equal(0, session.TimesAsked);
    });

    [Fact]
    public Task Start_BytesOfTheClientReceivedBefore_GoAtOnce() => RunAsync(async bed =>
    {
        var session = await HeldSession.PrepareAsync(bed);
        await session.Client.SendTextAsync("sniffed");
        while ((await session.ClientSide.ReceiveAsync()).Data.Length < 7)
        {
            session.ClientSide.Advance(0);
        }

        session.Start(null);
        Assert.Equal("sniffed", await session.Server.ReadTextAsync(7));
        session.Client.ShutdownSend();
        session.Server.ShutdownSend();
        await session.EndAsync("--", 7, 0);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Start_ServerEndsDuringTheHold_IsReplacedUnseen(bool reset) => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed);
        End(session.Server, reset);
        var fresh = await session.FreshServerAsync();
        await bed.SettleAsync();
        await ConverseAsync(session, fresh);
        Assert.Equal(1, session.TimesAsked);
        if (!reset)
        {
            await session.Server.ExpectFinAsync();
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Start_ServerEndedBefore_IsReplacedUnseen(bool reset) => RunAsync(async bed =>
    {
        var session = await HeldSession.PrepareAsync(bed);
        session.LetConnect();
        End(session.Server, reset);
        await bed.UntilAsync(() => session.ServerSide.HasPeerClosed);
        await session.Client.SendTextAsync("!");
        session.Start(null);
        var fresh = await session.FreshServerAsync();
        Assert.Equal("!", await fresh.ReadTextAsync(1));
        await fresh.SendTextAsync("?");
        Assert.Equal("?", await session.Client.ReadTextAsync(1));
        session.Client.Abort();
        await session.EndAsync("CD", 1, 1);
        Assert.Equal(1, session.TimesAsked);
    });

    [Fact]
    public Task Start_ServerEndsAsTheClientSpeaks_OldOrFreshGetsAllOfIt() => RunAsync(async bed =>
    {
        for (var round = 0; round < bed.Rounds; round++)
        {
            // To a server that closes whatever comes, a request may be lost, as without a proxy; what must not be is a part of it at either.
            var session = await HeldSession.StartAsync(bed);
            session.Server.ShutdownSend();
            await session.Client.SendTextAsync("request");
            session.Client.ShutdownSend();
            await bed.UntilAsync(() => session.TimesAsked > 0 || session.Control.BytesToServer == 7);
            var server = session.TimesAsked > 0 ? await session.FreshServerAsync() : session.Server;
            var (data, end) = await server.ReadToEndAsync();
            Assert.Equal((7, TransportStatus.Ok), (data.Length, end));
            server.ShutdownSend();
            await session.Client.ExpectFinAsync();
            await session.EndAsync("--", 7, 0);
        }
    });

    [Fact]
    public Task Start_ClientSpeaksDuringTheReplacement_FreshGetsAllOfIt() => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed, waits: true);
        session.Server.ShutdownSend();
        await session.Asked;
        var conversing = ConverseAsync(session, session.FreshServerAsync());
        await bed.UntilAsync(() => session.Control.BytesFromClient > 0);
        Assert.Equal(0, session.Control.BytesToServer);
        session.LetConnect();
        await conversing;
        Assert.Equal(1, session.TimesAsked);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Start_FreshServerEndsBeforeTheClientSpeaks_ClientIsTold(bool reset) => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed);
        session.Server.ShutdownSend();
        var fresh = await session.FreshServerAsync();

        // One that is reset before it is set up would be no connection at all.
        await bed.UntilAsync(() => session.Fresh is not null);
        End(fresh, reset);
        var (data, end) = await session.Client.ReadToEndAsync();
        Assert.Equal((0, reset ? TransportStatus.Reset : TransportStatus.Ok), (data.Length, end));
        if (!reset)
        {
            session.Client.ShutdownSend();
            await fresh.ExpectFinAsync();
        }

        await session.EndAsync(reset ? "SD" : "--", 0, 0);
        Assert.Equal(1, session.TimesAsked);
    });

    [Fact]
    public Task Start_ClientHalfClosesDuringTheHold_AnswerStillArrives() => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed);
        session.Client.ShutdownSend();
        await session.Server.ExpectFinAsync();
        await SendThenFinAsync(session.Server, Answer, session.Client);
        await session.EndAsync("--", 0, Answer.Length);
    });

    [Fact]
    public Task Start_ClientHalfClosesDuringTheReplacement_AnswerOfTheFreshStillArrives() => RunAsync(async bed =>
    {
        var session = await HeldSession.StartAsync(bed, waits: true);
        session.Server.ShutdownSend();
        await session.Asked;
        session.Client.ShutdownSend();
        await bed.UntilAsync(() => session.ClientSide.HasPeerClosed);
        session.LetConnect();
        var fresh = await session.FreshServerAsync();
        await fresh.ExpectFinAsync();
        await SendThenFinAsync(fresh, Answer, session.Client);
        await session.EndAsync("--", 0, Answer.Length);
    });

    private static void End(TransportConnection connection, bool reset)
    {
        if (reset)
        {
            connection.Abort();
        }
        else
        {
            connection.ShutdownSend();
        }
    }

    private static Task ConverseAsync(HeldSession session, TransportConnection server) => ConverseAsync(session, Task.FromResult(server));

    /// <summary>The client asks, the server answers, both end.</summary>
    private static async Task ConverseAsync(HeldSession session, Task<TransportConnection> serving)
    {
        var asking = SendThenFinAsync(session.Client, Request);
        var server = await serving;
        ConnectionExtensions.AssertSame(Request, await ReadToFinAsync(server));
        await asking;
        await SendThenFinAsync(server, Answer, session.Client);
        await session.EndAsync("--", Request.Length, Answer.Length);
    }

    private static async Task SendThenFinAsync(TransportConnection connection, byte[] data)
    {
        await connection.SendAllAsync(data);
        connection.ShutdownSend();
    }

    private static async Task SendThenFinAsync(TransportConnection connection, byte[] data, TransportConnection to)
    {
        var sending = SendThenFinAsync(connection, data);
        ConnectionExtensions.AssertSame(data, await ReadToFinAsync(to));
        await sending;
    }

    private static async Task<byte[]> ReadToFinAsync(TransportConnection connection)
    {
        var (data, end) = await connection.ReadToEndAsync();
        Assert.Equal(TransportStatus.Ok, end);
        return data;
    }
}
