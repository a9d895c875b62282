using System.Collections.Concurrent;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Thousands of trusted peers that begin a PROXY header and do not finish it.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class HalfHeaderTests
{
    // Each with a window of 64 KiB they were 92 MiB (epoll) and 114 MiB (sockets) of touched pages, and 640 MB of objects.
    private const long MostOfHalfHeaders = 72 << 20;

    // Half of a header each, and no more: a session waits for 5 s, and holds what it has seen, not a window.
    [Theory]
    [MemberData(nameof(AcceptProxyTests.Engines), MemberType = typeof(AcceptProxyTests))]
    public async Task Accept_TenThousandHalfHeaders_MemoryIsBoundedAndOthersAreServed(string engine)
    {
        Require.Linux();
        const int Count = 10_000;
        Require.Descriptors(Count + 500);
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--transport", engine, "--accept-proxy", "127.0.0.1", "--max-sessions", $"{Count + 100}");
        var resident = new ResidentMemory(proxy);
        var halves = new ConcurrentBag<Socket>();
        try
        {
            await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (_, _) =>
            {
                var half = await ClientSocket.ConnectAsync(proxy.EndPoint);
                halves.Add(half);
                await half.SendTextAsync("PROXY TCP4 192.0.2.1");
            });
            var growth = resident.Growth;
            TestContext.Current.TestOutputHelper?.WriteLine($"{engine}: {proxy.DescriptorCount} descriptors, {resident}");
            using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            await client.SendTextAsync("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n");
            await client.EchoAsync("hello");
            Assert.Equal(1, server.Accepted);
            Assert.True(growth < MostOfHalfHeaders, $"{Count} halves of headers: {resident}");
            foreach (var half in halves)
            {
                await half.IsResetAsync();
            }
        }
        finally
        {
            foreach (var half in halves)
            {
                half.Dispose();
            }
        }
    }
}
