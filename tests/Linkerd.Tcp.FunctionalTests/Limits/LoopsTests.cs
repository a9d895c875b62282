using System.Diagnostics;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Two event loops share what there is to do, within 60 to 40.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class LoopsTests
{
    private const double SmallestShare = 0.4;

    [Fact]
    public async Task LongLivedConnections_OpenedOneByOne_LiveOnBoth()
    {
        Require.Epoll();
        const int Count = 1000;
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--transport", "epoll", "--loops", "2", "--stats", "1");
        var clients = new List<Socket>();
        try
        {
            for (var i = 0; i < Count; i++)
            {
                var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
                clients.Add(client);
                await client.EchoAsync("hello");
            }

            // Both connections of a session.
            var loops = await LoopsAsync(proxy, 2 * Count);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", loops.Select(loop => $"loop {loop.Key}: {loop.Value} connections")));
            Assert.Equal(2, loops.Count);
            Assert.InRange(loops.Values.Min(), 2 * Count * SmallestShare, Count);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await LoopsAsync(proxy, 0);
    }

    [Fact]
    public async Task ConnectRequestClose_Saturating_CostsBothTheSameTime()
    {
        Require.Epoll();
        using var backend = new RawBackend();
        await using var proxy = await Executable.StartAsync(backend.Name, "--transport", "epoll", "--loops", "2");
        var before = proxy.ProcessorTimeOfThreads("linkerd-tcp loo");
        Assert.Equal(2, before.Count);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Factory.StartNew(
            () =>
            {
                while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(3))
                {
                    RawTcp.Ask(proxy.EndPoint.Port);
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        var elapsed = Stopwatch.GetElapsedTime(start);
        var spent = proxy.ProcessorTimeOfThreads("linkerd-tcp loo").Select(thread => (thread.Value - before[thread.Key]).TotalSeconds).Order().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{backend.Answered / elapsed.TotalSeconds:0} connections a second, {spent[0]:0.00} s and {spent[1]:0.00} s of {elapsed.TotalSeconds:0.00} s");
        Assert.InRange(spent[0] / spent.Sum(), SmallestShare, 0.5);
    }

    /// <summary>The connections of each loop, once there are so many in all.</summary>
    private static async Task<IReadOnlyDictionary<string, double>> LoopsAsync(ProxyProcess proxy, int total)
    {
        IReadOnlyDictionary<string, double> loops = new Dictionary<string, double>();
        await Eventually.IsTrueAsync(
            () =>
            {
                loops = new StatisticsLines(proxy.Error).ByTag("linkerd.tcp.transport.connections", "loop");
                return loops.Count == 2 && (int)loops.Values.Sum() == total;
            },
            () => $"{loops.Values.Sum()} connections live on loops, {total} should\n{proxy.Error.Text}");
        return loops;
    }
}
