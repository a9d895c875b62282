using System.Diagnostics;
using System.Globalization;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>Many names at once. What is measured goes to the output of the test.</summary>
public sealed class ScaleScenarios(ITestOutputHelper output)
{
    private const int Names = 1000;

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(100, 20)]
    public async Task ThousandNames_TakeAsFewConnectionsAsNamerdAllows(int maxStreams, int connections)
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { MaxStreams = maxStreams });
        namerd.SetDtab("default", "/svc => /#/io.l5d.fs ;");
        for (var i = 0; i < Names; i++)
        {
            namerd.SetFile($"{i}", string.Concat(Enumerable.Range(1, 10).Select(port => $"127.0.0.1 {port}\n")));
        }

        await using var resolver = new MeshResolver(MeshWatch.At(mesh.Address));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var watches = await Task.WhenAll(Enumerable.Range(0, Names).Select(async i =>
        {
            var watch = resolver.WatchAsync(DstPath.Parse($"/svc/{i}"), stop.Token).GetAsyncEnumerator(stop.Token);
            await UntilAsync(watch, state => state is Resolution.Bound { Endpoints.Count: 10 });
            return watch;
        }));
        var used = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds;
        Say($"{Names} names of 10 endpoints are known after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms and {used:0} ms of CPU, over {mesh.OpenConnections} connections");
        Say($"client and stand-in hold {(GC.GetTotalMemory(forceFullCollection: true) - before) / 1024.0 / Names:0.0} KiB a name");
        Assert.Equal((2 * Names, connections), (mesh.OpenStreams, mesh.OpenConnections));

        start = Stopwatch.GetTimestamp();
        namerd.SetFile("7", "127.0.0.1 11\n");
        await UntilAsync(watches[7], MeshWatch.Bound(11).Equals);
        Say($"a change is known after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms");
        await Task.WhenAll(watches.Select(watch => watch.DisposeAsync().AsTask()));
        await mesh.WaitForStreamsAsync(0, TestContext.Current.CancellationToken);
    }

    private static async Task UntilAsync(IAsyncEnumerator<Resolution> watch, Func<Resolution, bool> isIt)
    {
        do
        {
            Assert.True(await watch.MoveNextAsync());
        }
        while (!isIt(watch.Current));
    }

    private void Say(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
