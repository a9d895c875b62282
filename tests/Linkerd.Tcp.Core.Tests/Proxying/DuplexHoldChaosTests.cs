using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>The first server does anything at any time, and so does the client, from a seed. The fresh server, where it comes to that, is well behaved.</summary>
public sealed class DuplexHoldChaosTests
{
    private const int Seeds = 400;

    [Fact]
    public void Start_AnythingHappens_InvariantsHold()
    {
        var (replaced, whole) = (0, 0);
        SimulatedBed.Run(Seeds, async bed =>
        {
            bed.Network.TimerSlack = TimeSpan.FromMilliseconds(bed.Random.NextUInt64() % 2 * 100);
            var session = await HeldSession.PrepareAsync(bed);
            session.Refusal = Draw(bed, 6) == 0 ? new(ClosedBy.Server, ClosePhase.Connect) : null;
            session.Start(new DuplexOptions { HalfCloseTimeout = TimeSpan.FromSeconds(20), IdleTimeout = TimeSpan.FromSeconds(30) });
            var client = new Peer(session.Client, bed, salt: 1);
            var old = new Peer(session.Server, bed, salt: 2);
            var acting = Task.WhenAll(client.AskAsync(), old.DoAnythingAsync(), LetConnectAsync(session, bed), KillAsync(session, bed));
            var serving = ServeFreshAsync(session, bed);
            var result = await session.Running;
            await acting;
            var fresh = session.Fresh is null ? null : await serving;

            var story = $"{result}, asked {session.TimesAsked}, client {client}, old {old}, fresh {fresh}";
            Assert.True(session.TimesAsked <= 1, story);
            var server = session.TimesAsked == 1 ? fresh : old;
            if (session.TimesAsked == 1)
            {
                replaced++;
                Assert.True(old.Read.Count == 0, story);
            }

            Check(client, server, result.BytesFromClient, result.BytesToServer, story);
            Check(server, client, result.BytesFromServer, result.BytesToClient, story);
            if (result.Reason.IsNormal)
            {
                whole++;
                Assert.True(server is { HasSentFin: true, End: TransportStatus.Ok } && client is { HasSentFin: true, End: TransportStatus.Ok }, story);
            }

            Assert.True(((SimulatedConnection)session.ClientSide).IsDisposed && ((SimulatedConnection)session.ServerSide).IsDisposed, story);
            Assert.True(session.Fresh is not SimulatedConnection { IsDisposed: false }, story);
        });

        // Or this would test nothing.
        Assert.InRange(replaced, Seeds / 10, Seeds * 9 / 10);
        Assert.InRange(whole, Seeds / 10, Seeds * 9 / 10);
    }

    private static void Check(Peer? from, Peer? to, long received, long sent, string story)
    {
        Assert.True((to?.Read.Count ?? 0) <= sent && sent <= received && received <= (from?.Written.Count ?? 0), story);
        if (from is null || to is null)
        {
            return;
        }

        ConnectionExtensions.AssertSame([.. from.Written.Take(to.Read.Count)], [.. to.Read]);
        if (to.End == TransportStatus.Ok)
        {
            // A stream that was cut must not look complete.
            Assert.True(from.HasSentFin && from.Written.Count == to.Read.Count, story);
        }
    }

    private static async Task LetConnectAsync(HeldSession session, SimulatedBed bed)
    {
        await bed.DelayAsync(Draw(bed, 2) * Draw(bed, 3000));
        session.LetConnect();
    }

    private static async Task KillAsync(HeldSession session, SimulatedBed bed)
    {
        if (Draw(bed, 5) == 0)
        {
            await bed.DelayAsync(Draw(bed, 3000));
            await bed.RunElsewhereAsync(() => session.Control.TryEnd(new(ClosedBy.Operator, ClosePhase.Data)));
        }
    }

    private static async Task<Peer> ServeFreshAsync(HeldSession session, SimulatedBed bed)
    {
        var peer = new Peer(await session.FreshServerAsync(), bed, salt: 3);
        await peer.AnswerAsync();
        return peer;
    }

    private static int Draw(SimulatedBed bed, int bound) => (int)(bed.Random.NextUInt64() % (ulong)bound);

    private sealed class Peer(TransportConnection connection, SimulatedBed bed, int salt)
    {
        public List<byte> Written { get; } = [];

        public List<byte> Read { get; } = [];

        public TransportStatus? End { get; private set; }

        public bool HasSentFin { get; private set; }

        public override string ToString() => $"wrote {Written.Count}{(HasSentFin ? " and a FIN" : string.Empty)}, read {Read.Count} and {End}";

        /// <summary>Speaks at some time, or only ends.</summary>
        public async Task AskAsync()
        {
            var reading = ReadAsync();
            await WaitAsync();
            await WriteAsync(Draw(bed, 4));
            Finish(reset: Draw(bed, 6) == 0);
            await reading;
        }

        /// <summary>Ends, speaks and ends, or serves; at some time.</summary>
        public async Task DoAnythingAsync()
        {
            switch (Draw(bed, 5))
            {
                case 0:
                    await AnswerAsync();
                    return;
                case 1:
                    await WaitAsync();
                    Finish(reset: true);
                    return;
                case 2:
                    await WaitAsync();
                    await WriteAsync(1 + Draw(bed, 2));
                    break;
                default:
                    await WaitAsync();
                    break;
            }

            Finish(reset: false);
            await ReadAsync();
        }

        /// <summary>Reads to the end, and answers.</summary>
        public async Task AnswerAsync()
        {
            await ReadAsync();
            await WriteAsync(1 + Draw(bed, 2));
            Finish(reset: false);
        }

        private Task WaitAsync() => bed.DelayAsync(Draw(bed, 2) * Draw(bed, 3000));

        private async Task WriteAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var bytes = ConnectionExtensions.Pattern(1 + (int)Math.Exp(bed.Random.NextDouble() * Math.Log(100_000)), salt + i);
                Written.AddRange(bytes);
                if (await connection.SendAsync(bytes) != TransportStatus.Ok)
                {
                    return;
                }

                await bed.DelayAsync(Draw(bed, 2) * Draw(bed, 100));
            }
        }

        private async Task ReadAsync()
        {
            var (data, end) = await connection.ReadToEndAsync();
            Read.AddRange(data);
            End = end;
        }

        private void Finish(bool reset)
        {
            if (reset)
            {
                connection.Abort();
                End ??= TransportStatus.Aborted;
            }
            else
            {
                HasSentFin = true;
                connection.ShutdownSend();
            }
        }
    }
}
