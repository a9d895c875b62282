using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>What a connection with TLS holds and allocates, beside SslStream's own.</summary>
[Collection(nameof(HandshakeStarvationTests))]
public sealed class TlsCostTests
{
    private static readonly SslServerAuthenticationOptions Server = new() { ServerCertificateContext = TlsMaterial.Context("ok"), EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Receive_Idle_HoldsNoWindow(bool isEpoll) => RunAsync(isEpoll, async bed =>
    {
        // The window that the pool gave last is the one that it gives next.
        const int Window = 24_584;
        var pool = WindowPool.Of(Window);
        var window = pool.Rent();
        pool.Return(window);
        var (ours, foreign) = await SessionAsync(bed, Window);
        AssertFree("after the handshake");
        var receiving = ours.ReceiveAsync().AsTask();
        await bed.PauseAsync();
        Assert.False(receiving.IsCompleted);
        AssertFree("while a receive waits");
        await foreign.SendTextAsync("data");
        Assert.Equal(4, (await receiving).Data.Length);
        Assert.Equal(4, ours.UnreadBytes);
        var other = pool.Rent();
        Assert.NotSame(window, other);
        ours.Advance(4);
        receiving = ours.ReceiveAsync().AsTask();
        AssertFree("while the next receive waits");

        void AssertFree(string when)
        {
            var rented = pool.Rent();
            Assert.True(ReferenceEquals(window, rented), $"The window is held {when}.");
            pool.Return(rented);
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task ReceiveAndSend_DataAndRoomAreThere_AllocateNothing(bool isEpoll) => RunAsync(isEpoll, async bed =>
    {
        const int Window = 4096;
        const int Rounds = 64;
        var (ours, foreign) = await SessionAsync(bed, Window);
        var (received, sent) = (await MeasureReceivesAsync(), await MeasureSendsAsync());
        TestContext.Current.TestOutputHelper?.WriteLine($"{received.Bytes} bytes in {received.Calls} receives, {sent.Bytes} bytes in {sent.Calls} sends");
        Assert.InRange(received.Calls, 200, int.MaxValue);
        Assert.InRange(sent.Calls, Rounds / 2, int.MaxValue);

        // What is rented for the first time is in it.
        Assert.InRange(received.Bytes, 0, received.Calls);
        Assert.InRange(sent.Bytes, 0, sent.Calls * 64L);

        async Task<(long Bytes, int Calls)> MeasureReceivesAsync()
        {
            var block = new byte[64 * 1024];
            var (bytes, calls, isWarm) = (0L, 0, false);
            for (var round = 0; round < Rounds; round++, isWarm = round > 4)
            {
                await foreign.Tls.WriteAsync(block, Cancelled);
                await ours.Executor.Resume();
                for (var left = block.Length; left > 0;)
                {
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    var receiving = ours.ReceiveAsync();
                    if (receiving.IsCompletedSuccessfully && isWarm)
                    {
                        bytes += GC.GetAllocatedBytesForCurrentThread() - before;
                        calls++;
                    }

                    var count = (await receiving.ConfigureAwait(false)).Data.Length;
                    Assert.NotEqual(0, count);
                    ours.Advance(count);
                    left -= count;
                }
            }

            return (bytes, calls);
        }

        async Task<(long Bytes, int Calls)> MeasureSendsAsync()
        {
            var block = new byte[32 * 1024];
            var (bytes, calls, isWarm) = (0L, 0, false);
            for (var round = 0; round < Rounds; round++, isWarm = round > 4)
            {
                await ours.Executor.Resume();
                var before = GC.GetAllocatedBytesForCurrentThread();
                var sending = ours.SendAsync(block);
                if (sending.IsCompletedSuccessfully && isWarm)
                {
                    bytes += GC.GetAllocatedBytesForCurrentThread() - before;
                    calls++;
                }

                var reading = foreign.Tls.ReadExactlyAsync(new byte[block.Length], Cancelled);
                Assert.Equal(TransportStatus.Ok, await sending.ConfigureAwait(false));
                await reading;
            }

            return (bytes, calls);
        }
    });

    [Fact]
    public async Task Handshake_OnALoop_AllocationsAreMeasured()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no loop whose allocations are its handshakes'.");
        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        await using var outside = new SocketsTransport();
        var handler = new RecordingHandler();
        await using var listener = await engine.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, Cancelled);
        listener.Start(handler);
        foreach (var isResumed in new[] { false, true })
        {
            var costs = new List<long>();
            for (var i = 0; i < 30; i++)
            {
                var foreign = new ForeignPeer((await outside.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), Cancelled)).Connection!);
                var accepted = await handler.NextAsync();
                var accepting = AcceptAsync(accepted);
                await foreign.Tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = isResumed ? "cost.test" : $"cost{i}.test", RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null }, Cancelled);
                var (connection, cost) = await accepting;
                await connection.SendTextAsync("ping");
                Assert.Equal("ping", await foreign.ReadTextAsync(4));
                costs.Add(cost);
                connection.Abort();
                await connection.DisposeAsync();
                foreign.Raw.Abort();
                await foreign.Raw.DisposeAsync();
            }

            costs.Sort();
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{(isResumed ? "resumed" : "full")} handshake of a server: {costs[costs.Count / 2]} bytes allocated (median of {costs.Count}, {costs[0]} to {costs[^1]})"));
            Assert.InRange(costs[costs.Count / 2], 1, 32 * 1024);
        }

        static async Task<(TransportConnection Connection, long Bytes)> AcceptAsync(TransportConnection accepted)
        {
            await accepted.Executor.Resume();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var result = await SslStreamSetup.AcceptAsync(accepted, 32 * 1024, static _ => Server, CancellationToken.None).ConfigureAwait(false);
            return (result.Connection!, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static async Task RunAsync(bool isEpoll, Func<TransportBed, Task> test)
    {
        await using var bed = new SocketBed(IPAddress.Loopback, isEpoll ? new EpollTransport(new TransportOptions { Loops = 1 }) : new SocketsTransport());
        await test(bed).WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
    }

    private static async Task<(TransportConnection Ours, ForeignPeer Foreign)> SessionAsync(TransportBed bed, int window)
    {
        var (connected, accepted) = await bed.PairAsync();
        var accepting = SslStreamSetup.AcceptAsync(accepted, window, static _ => Server, CancellationToken.None).AsTask();
        var foreign = new ForeignPeer(connected);
        await foreign.Tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "cost.test", RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null }, Cancelled);
        var ours = bed.Own((await accepting).Connection!);

        // The tickets of TLS 1.3 come first.
        await ours.SendTextAsync("ping");
        Assert.Equal("ping", await foreign.ReadTextAsync(4));
        return (ours, foreign);
    }
}
