using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Changes of a watched name while sessions come and go.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class DiscoveryUnderLoadTests
{
    [Fact]
    public async Task SetReplaced_TwentyTimes_TakesEffectWithinAHundredMilliseconds()
    {
        await using var proxy = await DiscoveredProxy.StartAsync();
        Assert.Equal("1", await proxy.AskAsync());
        for (var i = 0; i < 20; i++)
        {
            var (server, name) = i % 2 == 0 ? (proxy.Second, "2") : (proxy.First, "1");
            proxy.Bind((server, 1));
            var elapsed = await proxy.TimeUntilServedByAsync(name);
            Assert.True(elapsed < TimeSpan.FromMilliseconds(100), $"change {i} took {elapsed.TotalMilliseconds} ms");
            for (var j = 0; j < 20; j++)
            {
                Assert.Equal(name, await proxy.AskAsync());
            }
        }
    }

    [Fact]
    public async Task EndpointAddedReweightedRemoved_SessionsThatAreOpen_AreNotCut()
    {
        await using var proxy = await DiscoveredProxy.StartAsync();
        await using var load = new Load(proxy);
        var held = new List<Socket>();
        try
        {
            for (var i = 0; i < 20; i++)
            {
                held.Add(await ClientSocket.ConnectAsync(proxy.Process.EndPoint));
                Assert.Equal("1", await held[i].ReceiveTextAsync(1).InTimeAsync());
            }

            proxy.Bind((proxy.First, 1), (proxy.Second, 1));
            await proxy.TimeUntilServedByAsync("2");
            await TalkAsync(held);

            proxy.Bind((proxy.First, 1), (proxy.Second, 9));
            await ChangedAsync(proxy, "(0 added, 0 removed, ");
            await TalkAsync(held);

            proxy.Bind((proxy.Second, 9));
            await ChangedAsync(proxy, "(0 added, 1 removed, ");
            for (var i = 0; i < 100; i++)
            {
                Assert.Equal("2", await proxy.AskAsync());
            }

            await TalkAsync(held);
        }
        finally
        {
            held.ForEach(client => client.Dispose());
        }

        Assert.True(await load.StopAsync() > 0, "there was no load");
    }

    [Fact]
    public async Task EndpointReweighted_NewSessions_FollowTheNewWeights()
    {
        await using var proxy = await DiscoveredProxy.StartAsync();
        await using var load = new Load(proxy);
        proxy.Bind((proxy.First, 1), (proxy.Second, 1));
        await proxy.TimeUntilServedByAsync("2");
        Assert.InRange(await ShareOfSecondAsync(proxy), 0.46, 0.54);

        proxy.Bind((proxy.First, 1), (proxy.Second, 9));
        await ChangedAsync(proxy, "(0 added, 0 removed, ");
        Assert.InRange(await ShareOfSecondAsync(proxy), 0.87, 0.93);
        Assert.True(await load.StopAsync() > 0, "there was no load");
    }

    private static Task TalkAsync(List<Socket> clients) => Task.WhenAll(clients.Select(client => client.EchoAsync("still the same session")));

    private static Task<string> ChangedAsync(DiscoveredProxy proxy, string change) =>
        proxy.Process.Error.WaitForAsync(line => line.Contains(change, StringComparison.Ordinal), TestContext.Current.CancellationToken);

    private static async Task<double> ShareOfSecondAsync(DiscoveredProxy proxy)
    {
        var before = (First: proxy.First.Accepted, Second: proxy.Second.Accepted);
        while (proxy.First.Accepted + proxy.Second.Accepted < before.First + before.Second + 2000)
        {
            await proxy.AskAsync();
        }

        var (first, second) = (proxy.First.Accepted - before.First, proxy.Second.Accepted - before.Second);
        return (double)second / (first + second);
    }

    /// <summary>Four clients that open sessions one after the other; any session that is not served in full fails the test.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly DiscoveredProxy _proxy;
        private readonly Task<int>[] _clients;

        public Load(DiscoveredProxy proxy)
        {
            _proxy = proxy;
            _clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(RunAsync))];
        }

        /// <summary>How many sessions there were.</summary>
        public async Task<int> StopAsync()
        {
            await _stop.CancelAsync();
            return (await Task.WhenAll(_clients).InTimeAsync()).Sum();
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_clients).InTimeAsync();
            _stop.Dispose();
        }

        private async Task<int> RunAsync()
        {
            var served = 0;
            while (!_stop.IsCancellationRequested)
            {
                using var client = await ClientSocket.ConnectAsync(_proxy.Process.EndPoint);
                Assert.Contains(await client.ReceiveTextAsync(1).InTimeAsync(), (string[])["1", "2"]);
                await client.EchoAsync("hello");
                served++;
            }

            return served;
        }
    }
}
