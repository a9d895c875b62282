using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Measures the whole process, so nothing may run beside it.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "AnyTransport")]
public sealed class StreamAllocationTests
{
    private const int RoundTrips = 20_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RoundTrip_OnAStreamOfADestination_AllocatesNothingMoreThanOnANetworkStream(bool isSynchronous)
    {
        await using var server = new TcpBackend(EchoAsync);
        await using var balanced = await BalancedServers.StartAsync(server.EndPoint);
        await using var stream = await balanced.Destination.ConnectStreamAsync(TestContext.Current.CancellationToken);
        await using var byHand = new NetworkStream(await ClientSocket.ConnectAsync(server.EndPoint), ownsSocket: true);
        long ours = 0, theirs = 0;

        // The first round is for what is made once.
        for (var round = 0; round < 3; round++)
        {
            theirs = await MeasureAsync(byHand, isSynchronous);
            ours = await MeasureAsync(stream, isSynchronous);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{RoundTrips} round trips: {ours} bytes, on a NetworkStream {theirs}");
        Assert.True(ours <= theirs + RoundTrips, $"{ours} bytes in {RoundTrips} round trips; on a NetworkStream {theirs}");
    }

    private static Task<long> MeasureAsync(Stream stream, bool isSynchronous) => isSynchronous
        ? Task.Factory.StartNew(() => Measure(stream), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
        : MeasureAsync(stream);

    private static async Task<long> MeasureAsync(Stream stream)
    {
        var (message, answer) = (new byte[64], new byte[64]);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < RoundTrips; i++)
        {
            await stream.WriteAsync(message);
            for (var length = 0; length < answer.Length;)
            {
                length += await stream.ReadAsync(answer.AsMemory(length));
            }
        }

        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private static long Measure(Stream stream)
    {
        var (message, answer) = (new byte[64], new byte[64]);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < RoundTrips; i++)
        {
            stream.Write(message);
            stream.ReadExactly(answer);
        }

        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    // On a thread of its own, as the process is measured: this allocates nothing.
    private static Task EchoAsync(Socket socket) => Task.Factory.StartNew(
        () =>
        {
            Span<byte> buffer = stackalloc byte[4096];
            int count;
            while ((count = socket.Receive(buffer)) > 0)
            {
                socket.Send(buffer[..count]);
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
