using System.Collections.Concurrent;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Many at once, and many one after the other.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class ManyConnectionsTests
{
    // 9,000 sessions are about 15 MB of objects. The native executable gives them back; under the just-in-time compiler there is more that comes and goes.
    private static long MostLeftResident => Executable.IsPublished ? 8 << 20 : 40 << 20;

    private static readonly ParallelOptions Parallelism = new() { MaxDegreeOfParallelism = 64 };

    [Fact]
    public async Task TwoThousandAtOnce_AllTalk_AndNothingIsLeftBehind()
    {
        Require.Linux();
        const int Count = 2000;
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name);

        // Before the first resolution no more than a thousand sessions wait.
        await proxy.WaitForEndpointsAsync(1);
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
        catch (SocketException error)
        {
            Assert.Fail($"{error.Message}; the proxy says:\n{proxy.Error.Text}");
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await BackAtBaselineAsync(proxy, baseline);
    }

    /// <summary>
    /// What stays behind is bounded: 8 pipes for each loop, 16 MiB of windows; the objects of the sessions go some seconds later.
    /// </summary>
    [Fact]
    public async Task NineThousandAtOnceOverEpoll_AllEcho_AndMemoryIsBounded()
    {
        Require.Linux();
        Require.Epoll();
        const int Count = 9000;
        Require.Descriptors((2 * Count) + 500);
        await using var backend = new TcpBackend(EchoSmallAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--transport", "epoll", "--max-sessions", $"{Count + 100}");
        var baseline = proxy.DescriptorCount;
        var resident = new ResidentMemory(proxy);
        var clients = new ConcurrentBag<Socket>();
        try
        {
            await Parallel.ForAsync(0, Count, Parallelism, async (i, _) =>
            {
                // With its echo, as the proxy accepts faster than a backend on a busy machine: its backlog is not what is tested.
                var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
                clients.Add(client);
                await client.EchoAsync($"client {i}, first");
            });
            await Task.WhenAll(clients.Select((client, i) => client.EchoAsync($"client {i}, again")));
            Assert.Equal(Count, backend.Open);
            Assert.True(proxy.DescriptorCount >= baseline + (2 * Count), "each session has two descriptors");
            TestContext.Current.TestOutputHelper?.WriteLine($"{Count} sessions open: {resident}");
        }
        finally
        {
            foreach (var client in clients)
            {
                client.Dispose();
            }
        }

        await BackAtBaselineAsync(proxy, baseline);
        await Eventually.IsTrueAsync(() => resident.Growth <= MostLeftResident, () => $"the memory of {Count} sessions stays: {resident}");
        TestContext.Current.TestOutputHelper?.WriteLine($"none any more: {resident}");
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

    // Serve.EchoAsync has a buffer of 64 KiB for each connection.
    private static async Task EchoSmallAsync(Socket socket)
    {
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer) is var count and > 0)
        {
            await socket.SendAllAsync(buffer.AsMemory(0, count));
        }
    }

    private static async Task TalkOnceAsync(ProxyProcess proxy)
    {
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("ping");
    }

    private static Task BackAtBaselineAsync(ProxyProcess proxy, int baseline) =>
        Eventually.IsTrueAsync(() => proxy.DescriptorCount <= baseline, () => $"{proxy.DescriptorCount} descriptors are open, {baseline} were before");
}
