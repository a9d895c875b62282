using System.Net;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>A held copy on a loop that was busy while the client spoke and the server left.</summary>
public sealed class EpollHoldTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_ServerHasEndedAndTheLoopHearsOfTheClientFirst_IsReplaced(bool reset)
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        await using var peers = new SocketBed(IPAddress.Loopback, new SocketsTransport());
        var session = await PrepareAsync(engine, peers);
        session.LetConnect();
        session.Start(null);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var leave = new ManualResetEventSlim();
        session.ClientSide.Executor.Post(
            _ =>
            {
                entered.SetResult();
                leave.Wait();
            },
            null);
        await entered.Task;

        // On loopback what was sent has arrived.
        await session.Client.SendTextAsync("request");
        if (reset)
        {
            session.Server.Abort();
        }
        else
        {
            session.Server.ShutdownSend();
        }

        leave.Set();
        var fresh = await session.FreshServerAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal("request", await fresh.ReadTextAsync(7));
        session.Client.ShutdownSend();
        fresh.ShutdownSend();
        await session.EndAsync("--", 7, 0);
        Assert.Equal(1, session.TimesAsked);
    }

    private static async Task<HeldSession> PrepareAsync(EpollTransport engine, SocketBed peers)
    {
        var handler = new RecordingHandler();
        await using var listener = await engine.ListenAsync(new TransportListenOptions { EndPoint = peers.FreeAddress }, TestContext.Current.CancellationToken);
        listener.Start(handler);
        var client = await peers.ConnectAsync(listener.LocalEndPoint);
        var clientSide = await handler.NextAsync();
        var (backend, served) = await peers.ListenAsync();
        var connected = await engine.ConnectAsync(backend.LocalEndPoint, new TransportConnectOptions { Executor = clientSide.Executor }, TestContext.Current.CancellationToken);
        return await HeldSession.PrepareAsync(peers, (client, clientSide), (connected.Connection!, peers.Own(await served.NextAsync())));
    }
}
