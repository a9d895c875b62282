using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>
/// Both peers do anything at any time, from a seed, on real sockets; both sides of the proxy on one loop. The kernel's timing is not ours to replay,
/// so what is checked must hold for every order of events.
/// </summary>
public sealed class EpollChaosTests
{
    private const int Seeds = 200;
    private const int SideBySide = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task RunAsync_AnythingHappens_InvariantsHold()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Seeds),
            new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = TestContext.Current.CancellationToken },
            async (seed, _) =>
            {
                try
                {
                    await RunOnceAsync(engine, seed).WaitAsync(Patience, TestContext.Current.CancellationToken);
                }
                catch (Exception error)
                {
                    throw new InvalidOperationException($"Seed {seed}: {error.Message}", error);
                }
            });
        Assert.InRange(engine.PipesInUse, 0, 8);
    }

    private static async Task RunOnceAsync(EpollTransport engine, int seed)
    {
        var random = RandomSource.Seeded((ulong)seed);
        var tcp = new TcpOptions { WindowSize = 1 + (int)(random.NextUInt64() % 70_000) };
        await using var peers = new SocketBed(IPAddress.Loopback, new SocketsTransport());
        await using var listener = await engine.ListenAsync(new TransportListenOptions { EndPoint = peers.FreeAddress, Tcp = tcp }, TestContext.Current.CancellationToken);
        var handler = new RecordingHandler();
        listener.Start(handler);
        var client = new ChaosPeer(await peers.ConnectAsync(listener.LocalEndPoint), random.NextUInt64(), salt: 1);
        var clientSide = await handler.NextAsync();
        var (backend, served) = await peers.ListenAsync();
        var connected = await engine.ConnectAsync(backend.LocalEndPoint, new TransportConnectOptions { Executor = clientSide.Executor, Tcp = tcp }, CancellationToken.None);
        var server = new ChaosPeer(peers.Own(await served.NextAsync()), random.NextUInt64(), salt: 2);
        var running = new DuplexProxy(new DuplexOptions { HalfCloseTimeout = TimeSpan.FromSeconds(5) }).RunAsync(clientSide, connected.Connection!).AsTask();
        await Task.WhenAll(client.ActAsync(), client.ReadAsync(), server.ActAsync(), server.ReadAsync());
        var result = await running;

        var story = $"{result}, client {client}, server {server}";
        Check(client, server, result.BytesFromClient, result.BytesToServer, story);
        Check(server, client, result.BytesFromServer, result.BytesToClient, story);
        var whole = client.HasSentFin && server.HasSentFin && client.End == TransportStatus.Ok && server.End == TransportStatus.Ok;
        Assert.True(result.Reason.IsNormal == whole, story);
        var mayBeBlamed = (client.HasReset ? "C" : string.Empty) + (server.HasReset ? "S" : string.Empty) + (whole ? "-" : string.Empty);
        Assert.True(mayBeBlamed.Contains(result.Reason.ToString()[0], StringComparison.Ordinal), story);
    }

    private static void Check(ChaosPeer from, ChaosPeer to, long received, long sent, string story)
    {
        Assert.True(to.Read.Count <= sent && sent <= received && received <= from.BytesSent, story);
        ConnectionExtensions.AssertSame([.. from.Written.Take(to.Read.Count)], [.. to.Read]);

        // A stream that was cut must not look complete.
        if (to.End == TransportStatus.Ok)
        {
            Assert.True(from.HasSentFin && from.Written.Count == to.Read.Count, story);
        }
    }

    private sealed class ChaosPeer(TransportConnection connection, ulong seed, int salt)
    {
        private readonly Random _acting = RandomSource.Seeded(seed);
        private readonly Random _reading = RandomSource.Seeded(seed + 1);

        public long BytesSent => connection.BytesSent;

        public List<byte> Written { get; } = [];

        public List<byte> Read { get; } = [];

        public TransportStatus? End { get; private set; }

        public bool HasSentFin { get; private set; }

        public bool HasReset { get; private set; }

        public override string ToString() =>
            $"wrote {Written.Count}, of them {BytesSent} to its kernel{(HasSentFin ? " and a FIN" : string.Empty)}{(HasReset ? ", reset" : string.Empty)}, read {Read.Count} and {End}";

        public async Task ActAsync()
        {
            var actions = 1 + Draw(_acting, 10);
            for (var i = 0; i < actions; i++)
            {
                switch (Draw(_acting, 20))
                {
                    case < 3:
                        await Task.Delay(Draw(_acting, 5));
                        break;
                    case 3 when Draw(_acting, 2) == 0:
                        Reset();
                        return;
                    default:
                        var bytes = ConnectionExtensions.Pattern(1 + SizeUpTo(2_000_000), salt + i);
                        Written.AddRange(bytes);
                        if (await connection.SendAsync(bytes) != TransportStatus.Ok)
                        {
                            return;
                        }

                        break;
                }
            }

            if (Draw(_acting, 4) == 0)
            {
                Reset();
            }
            else
            {
                HasSentFin = true;
                connection.ShutdownSend();
            }
        }

        public async Task ReadAsync()
        {
            var slow = Draw(_reading, 3) == 0;
            while (true)
            {
                var received = await connection.ReceiveAsync();
                if (received.Data.IsEmpty)
                {
                    End = received.Status;
                    return;
                }

                var taken = 1 + Draw(_reading, received.Data.Length);
                Read.AddRange(received.Data.Span[..taken]);
                connection.Advance(taken);
                if (slow && Draw(_reading, 20) == 0)
                {
                    await Task.Delay(Draw(_reading, 4));
                }
            }
        }

        private void Reset()
        {
            HasReset = true;
            connection.Abort();
        }

        private static int Draw(Random random, int bound) => (int)(random.NextUInt64() % (ulong)bound);

        private int SizeUpTo(int most) => (int)Math.Exp(_acting.NextDouble() * Math.Log(most));
    }
}
