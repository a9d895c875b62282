using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>
/// TCP's urgent bytes through a copy: they are dropped, as the kernel drops them for whoever receives without SO_OOBINLINE, and no other byte is. A receive
/// stops before an urgent byte, a splice does not get past it and says that nothing is there, or that the stream has ended.
/// </summary>
public abstract class UrgentDataTests
{
    // Each step of 64 KiB is received before the next one is sent, which makes the direction bulk.
    private const string Bulk = "64K | 64K | 64K | 64K | 64K | 64K | 64K | 64K |";

    public static TheoryData<string, bool> Streams
    {
        get
        {
            var data = new TheoryData<string, bool>();
            string[] streams =
            [
                "U",
                "U 10",
                "10 U",
                "1 | U 1",
                "1 U 1",
                "U U U",
                "1 U 1 U 1 U 1",
                "32K | 32K | 32K | 32K | U 10",
                $"{Bulk} U 10",
                $"{Bulk} U",
                $"{Bulk} U U U 10",
                $"{Bulk} U | {Bulk} U | {Bulk} U 1",
                "2M U 2M",
                "2M U 10 U 2M U 1",
                "200K U 200K U 200K U 200K U 200K U 200K U 200K U",
                "4M",
            ];
            foreach (var stream in streams)
            {
                data.Add(stream, false);
                data.Add(stream, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task UrgentBytes_Anywhere_EveryOtherByteArrivesAndSoDoesTheFin(string stream, bool down)
    {
        await using var clients = Create();
        await using var servers = CreateForServers();
        using var ends = await Ends.ConnectAsync(clients, servers ?? clients);
        var sending = down ? new UrgentTransfer(ends.Server, ends.Client) : new UrgentTransfer(ends.Client, ends.Server);

        // First without the FIN, so that nothing but urgent data and the bytes behind it wake anybody up; then with it.
        Assert.Null(await sending.RunAsync(stream));
        Assert.Null(await sending.RunAsync($"{stream} FIN"));

        (down ? ends.Client : ends.Server).Shutdown(SocketShutdown.Send);
        var result = await ends.Running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal("--", result.Reason.ToString());
        Assert.Equal((result.BytesFromClient, result.BytesFromServer), (result.BytesToServer, result.BytesToClient));
    }

    [Fact]
    public async Task UrgentBytes_BothWaysAtOnce_EveryOtherByteArrives()
    {
        await using var clients = Create();
        await using var servers = CreateForServers();
        using var ends = await Ends.ConnectAsync(clients, servers ?? clients);
        var script = $"{Bulk} U | 10 U 1M U 1M U 10 FIN";
        var wrong = await Task.WhenAll(new UrgentTransfer(ends.Client, ends.Server).RunAsync(script), new UrgentTransfer(ends.Server, ends.Client).RunAsync(script));
        Assert.Equal([null, null], wrong);
        Assert.Equal("--", (await ends.Running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Reason.ToString());
    }

    /// <summary>A splice that is stopped by an urgent byte is told of the reset behind it, and the bytes in between can be read all the same.</summary>
    [Fact]
    public async Task Reset_BehindAnUrgentByte_WhatCameBeforeItIsDeliveredFirst()
    {
        const int Ordinary = 8 * 65536;
        await using var clients = Create();
        await using var servers = CreateForServers();
        for (var round = 0; round < 20; round++)
        {
            using var ends = await Ends.ConnectAsync(clients, servers ?? clients);
            Assert.Null(await new UrgentTransfer(ends.Client, ends.Server).RunAsync(Bulk));
            ends.Client.Send([200], SocketFlags.OutOfBand);
            ends.Client.Send(new byte[10]);
            await ends.Client.WaitAcknowledgedAsync();
            ends.Client.Reset();
            var result = await ends.Running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Equal(("CD", Ordinary + 10, Ordinary + 10), (result.Reason.ToString(), result.BytesFromClient, result.BytesToServer));
        }
    }

    private protected abstract ITransport Create();

    /// <summary>The engine of the server connections; null: that of the clients.</summary>
    private protected virtual ITransport? CreateForServers() => null;

    /// <summary>The peers of a copy, and the copy between them.</summary>
    private sealed class Ends(Socket client, Socket server, Task<DuplexResult> running) : IDisposable
    {
        public Socket Client => client;

        public Socket Server => server;

        public Task<DuplexResult> Running => running;

        public static async Task<Ends> ConnectAsync(ITransport clients, ITransport servers)
        {
            var handler = new RecordingHandler();
            await using var listener = await clients.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, TestContext.Current.CancellationToken);
            listener.Start(handler);
            var client = await SocketExtensions.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
            var clientSide = await handler.NextAsync();
            using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            backend.Listen();
            var connected = await servers.ConnectAsync(backend.LocalEndPoint!, new TransportConnectOptions { Executor = clientSide.Executor }, TestContext.Current.CancellationToken);
            var server = await backend.AcceptAsync(TestContext.Current.CancellationToken);
            server.NoDelay = true;
            return new Ends(client, server, new DuplexProxy().RunAsync(clientSide, connected.Connection!).AsTask());
        }

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
        }
    }
}

/// <summary>A copy within one loop, which splices.</summary>
public sealed class EpollUrgentDataTests : UrgentDataTests
{
    private protected override ITransport Create() => CreateEpoll();

    internal static EpollTransport CreateEpoll()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
        return new EpollTransport(new TransportOptions { Loops = 1 });
    }
}

/// <summary>A copy between two loops, which receives and sends.</summary>
public sealed class EpollTwoLoopsUrgentDataTests : UrgentDataTests
{
    private protected override ITransport Create() => EpollUrgentDataTests.CreateEpoll();

    private protected override ITransport CreateForServers() => EpollUrgentDataTests.CreateEpoll();
}

public sealed class SocketsUrgentDataTests : UrgentDataTests
{
    private protected override ITransport Create() => new SocketsTransport();
}
