using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>Both peers do anything at any time, from a seed. What must hold, holds whatever they do.</summary>
public sealed class DuplexChaosTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void RunAsync_AnythingHappens_InvariantsHold(int salt) => SimulatedBed.Run(150, async bed =>
    {
        for (var i = 0; i < salt; i++)
        {
            bed.Random.NextUInt64();
        }

        bed.Network.TimerSlack = TimeSpan.FromMilliseconds(bed.Random.NextUInt64() % 2 * 100);
        bed.Network.DefaultLink = SimulatedLinkOptions.Draw(bed.Random);
        var (client, clientSide) = await bed.PairAsync(new TcpOptions { WindowSize = 1 + (int)(bed.Random.NextUInt64() % 20_000) });
        bed.Network.DefaultLink = SimulatedLinkOptions.Draw(bed.Random);
        var (serverSide, server) = await bed.PairAsync();
        var options = new DuplexOptions { HalfCloseTimeout = TimeSpan.FromSeconds(20), IdleTimeout = TimeSpan.FromSeconds(30) };
        var running = new DuplexProxy(options).RunAsync(clientSide, serverSide).AsTask();
        var peers = new[] { new ChaosPeer(client, bed, salt: 1), new ChaosPeer(server, bed, salt: 2) };
        var acting = peers.Select(peer => peer.RunAsync()).ToArray();
        var reading = peers.Select(peer => peer.ReadAsync()).ToArray();
        var result = await running;
        await Task.WhenAll(acting);
        await Task.WhenAll(reading);

        Check(peers[0], peers[1], result.BytesFromClient, result.BytesToServer);
        Check(peers[1], peers[0], result.BytesFromServer, result.BytesToClient);
        var whole = peers[0].HasSentFin && peers[1].HasSentFin && peers.All(peer => peer.End == TransportStatus.Ok);
        Assert.False(result.Reason.IsNormal && !whole, $"{result.Reason}, ends {peers[0].End} and {peers[1].End}");
        Assert.True(((SimulatedConnection)clientSide).IsDisposed && ((SimulatedConnection)serverSide).IsDisposed);
    });

    private static void Check(ChaosPeer from, ChaosPeer to, long received, long sent)
    {
        Assert.True(to.Read.Count <= sent && sent <= received && received <= from.Connection.BytesSent);
        ConnectionExtensions.AssertSame([.. from.Written.Take(to.Read.Count)], [.. to.Read]);

        // A stream that was cut must not look complete.
        if (to.End == TransportStatus.Ok)
        {
            Assert.True(from.HasSentFin);
            Assert.Equal(from.Written.Count, to.Read.Count);
        }
    }

    private sealed class ChaosPeer(TransportConnection connection, SimulatedBed bed, int salt)
    {
        public TransportConnection Connection => connection;

        public List<byte> Written { get; } = [];

        public List<byte> Read { get; } = [];

        public TransportStatus? End { get; private set; }

        public bool HasSentFin { get; private set; }

        public async Task RunAsync()
        {
            var actions = 1 + Draw(12);
            for (var i = 0; i < actions; i++)
            {
                switch (Draw(12))
                {
                    case 0:
                        await bed.DelayAsync(Draw(40_000));
                        break;
                    case 1:
                        ((SimulatedConnection)connection).PauseReading();
                        break;
                    case 2:
                        ((SimulatedConnection)connection).ResumeReading();
                        break;
                    case 3 when Draw(3) == 0:
                        ((SimulatedConnection)connection).Link.Reset();
                        break;
                    case 4:
                        await bed.DelayAsync(Draw(100));
                        break;
                    default:
                        var bytes = ConnectionExtensions.Pattern(1 + SizeUpTo(200_000), salt + i);
                        Written.AddRange(bytes);
                        if (await connection.SendAsync(bytes) != TransportStatus.Ok)
                        {
                            ((SimulatedConnection)connection).ResumeReading();
                            return;
                        }

                        break;
                }
            }

            ((SimulatedConnection)connection).ResumeReading();
            if (Draw(4) == 0)
            {
                connection.Abort();
            }
            else
            {
                HasSentFin = true;
                connection.ShutdownSend();
            }
        }

        public async Task ReadAsync()
        {
            while (true)
            {
                var received = await connection.ReceiveAsync();
                if (received.Data.IsEmpty)
                {
                    End = received.Status;
                    return;
                }

                var taken = 1 + Draw(received.Data.Length);
                Read.AddRange(received.Data.Span[..taken]);
                connection.Advance(taken);
                if (Draw(20) == 0)
                {
                    await bed.DelayAsync(Draw(300));
                }
            }
        }

        private int Draw(int bound) => (int)(bed.Random.NextUInt64() % (ulong)bound);

        private int SizeUpTo(int most) => (int)Math.Exp(bed.Random.NextDouble() * Math.Log(most));
    }
}
