using System.Globalization;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>How event loops share the work.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class LoopsTests
{
    [Fact]
    public async Task TwoLoops_ConnectRequestClose_ShareTheProcessorTimeWithin60To40()
    {
        Require.Linux();
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--transport", "epoll", "--loops", "2");
        await LoadAsync(proxy, count: 500);
        var before = LoopTimes(proxy.Id);
        Assert.Equal(2, before.Count);
        await LoadAsync(proxy, count: 10_000);
        var used = LoopTimes(proxy.Id).Select(loop => (double)(loop.Value - before[loop.Key])).ToArray();
        Assert.True(used.Max() <= 0.6 * used.Sum(), $"nanoseconds: {string.Join(", ", used)}");
    }

    private static Task LoadAsync(ProxyProcess proxy, int count)
    {
        var left = count;
        return Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
                await client.EchoAsync("request");
            }
        }));
    }

    /// <summary>The processor time of each loop's thread, in nanoseconds, by its id.</summary>
    private static Dictionary<string, long> LoopTimes(int process) => Directory.GetDirectories($"/proc/{process}/task")
        .Where(task => File.ReadAllText($"{task}/comm").StartsWith("linkerd-tcp loo", StringComparison.Ordinal))
        .ToDictionary(task => task, task => long.Parse(File.ReadAllText($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture));
}
