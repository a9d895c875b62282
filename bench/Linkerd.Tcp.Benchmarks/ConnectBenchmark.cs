using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Linkerd.Tcp.Benchmarks.ConnectCost;
using Perfolizer.Horology;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>
/// What does a client-side connection cost against a round robin of connects by hand, and a round trip on its stream against one on a <see cref="System.Net.Sockets.NetworkStream"/>?
/// Time, while it saturates one processor (<c>taskset -c 1</c>), and allocations; <c>connect-cost</c> compares CPU time in turns.
/// </summary>
[Config(typeof(ShortConfig))]
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The global clean-up disposes it.")]
public class ConnectBenchmark
{
    private const int Connections = 800;
    private const int RoundTrips = 2_000;

    private ConnectSuite _suite = null!;

    [GlobalSetup]
    public Task SetUpAsync()
    {
        _suite = new ConnectSuite();
        return _suite.StartAsync();
    }

    [GlobalCleanup]
    public async Task CleanUpAsync() => await _suite.DisposeAsync();

    [Benchmark(Baseline = true, OperationsPerInvoke = Connections)]
    [BenchmarkCategory("connect")]
    public Task ConnectByHand() => _suite.ByHandAsync(Connections);

    [Benchmark(OperationsPerInvoke = Connections)]
    [BenchmarkCategory("connect")]
    public Task Connect() => _suite.BalancedAsync(Connections);

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("round trip")]
    public Task RoundTripByHand() => _suite.ByHandRoundTripsAsync(RoundTrips);

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("round trip")]
    public Task RoundTrip() => _suite.BalancedRoundTripsAsync(RoundTrips);

    // In this process, which is pinned, and within a minute.
    private sealed class ShortConfig : ManualConfig
    {
        public ShortConfig() => AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(8).WithIterationCount(15).WithIterationTime(TimeInterval.FromMilliseconds(400)));
    }
}
