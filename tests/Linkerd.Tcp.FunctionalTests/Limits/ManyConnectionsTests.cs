using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Many at once, and many one after the other.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class ManyConnectionsTests
{
    [Fact]
    public async Task TwoThousandAtOnce_AllTalk_AndNothingIsLeftBehind()
    {
        Require.Linux();
        const int Count = 2000;
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name);
        var baseline = proxy.DescriptorCount;
        var clients = new List<Socket>();
        try
        {
            for (var i = 0; i < Count; i++)
            {
                clients.Add(await ClientSocket.ConnectAsync(proxy.EndPoint));
            }

            for (var round = 0; round < 3; round++)
            {
                await Task.WhenAll(clients.Select((client, i) => client.EchoAsync($"client {i}, round {round}")));
            }

            Assert.Equal(Count, backend.Open);
            Assert.True(proxy.DescriptorCount >= baseline + (2 * Count), "each session has two descriptors");
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await BackAtBaselineAsync(proxy, baseline);
    }

    [Fact]
    public async Task TenThousandOneByOne_AllServed_AndDescriptorsAreBackAtTheBaseline()
    {
        Require.Linux();
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name);
        var baseline = proxy.DescriptorCount;
        for (var i = 0; i < 10_000; i++)
        {
            await TalkOnceAsync(proxy);
        }

        Assert.Equal(10_000, backend.Accepted);
        await BackAtBaselineAsync(proxy, baseline);
    }

    private static async Task TalkOnceAsync(ProxyProcess proxy)
    {
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("ping");
    }

    private static Task BackAtBaselineAsync(ProxyProcess proxy, int baseline) =>
        Eventually.IsTrueAsync(() => proxy.DescriptorCount <= baseline, () => $"{proxy.DescriptorCount} descriptors are open, {baseline} were before");
}
