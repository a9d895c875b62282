using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>A client that resets its connection while bytes are spliced to it, on real sockets. The moment is the kernel's choice, so there are many.</summary>
public sealed class EpollCutSpliceTests
{
    private const int Sessions = 400;
    private const int SideBySide = 4;
    private const int FromServer = 3_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Of a splice that is cut short the kernel may keep to itself that the connection was reset: the next one says EPIPE, and a receive what looks like a FIN.
    /// </summary>
    [Fact]
    public async Task RunAsync_ClientResetsWhileBytesAreSplicedToIt_ServerSeesNoFin()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        var ends = new SocketError[Sessions];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Sessions),
            new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = TestContext.Current.CancellationToken },
            async (session, _) => ends[session] = await Task.Run(() => RunOnceAsync(engine, session)).WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.DoesNotContain(ends, static end => end is SocketError.Success or SocketError.Shutdown);
    }

    /// <returns>How the server's connection ended for it: after a FIN a receive says Success, and a send Shutdown (EPIPE), for the RST that follows it.</returns>
    private static async Task<SocketError> RunOnceAsync(EpollTransport engine, int seed)
    {
        var random = RandomSource.Seeded((ulong)seed);
        await using var listener = await engine.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, TestContext.Current.CancellationToken);
        var handler = new RecordingHandler();
        listener.Start(handler);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 100_000 };
        using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        backend.Listen();
        await client.ConnectAsync(listener.LocalEndPoint);
        var clientSide = await handler.NextAsync();
        var connected = await engine.ConnectAsync(backend.LocalEndPoint!, new TransportConnectOptions { Executor = clientSide.Executor }, CancellationToken.None);
        using var server = await backend.AcceptAsync();

        // What follows blocks, and may not do so on the loop.
        await Task.Yield();
        var running = new DuplexProxy().RunAsync(clientSide, connected.Connection!).AsTask();
        client.Send(new byte[1 + (int)(random.NextUInt64() % 10_000)]);
        var sending = Task.Run(() => SendAll(server), CancellationToken.None);
        var left = (int)(random.NextUInt64() % (FromServer - 200_000));
        var buffer = new byte[70_000];
        while (left > 0)
        {
            left -= client.Receive(buffer, Math.Min(left, buffer.Length), SocketFlags.None);
        }

        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        var end = await sending;
        end = end == SocketError.Success ? ReadToEnd(server, buffer) : end;
        Assert.Equal("CD", (await running).Reason.ToString());
        return end;
    }

    private static SocketError SendAll(Socket server)
    {
        server.Send(new byte[FromServer], 0, FromServer, SocketFlags.None, out var error);
        return error;
    }

    private static SocketError ReadToEnd(Socket server, byte[] buffer)
    {
        while (true)
        {
            var count = server.Receive(buffer, SocketFlags.None, out var error);
            if (count == 0)
            {
                return error;
            }
        }
    }
}
