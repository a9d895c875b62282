using BenchmarkDotNet.Attributes;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>What does a pick of the default algorithm cost against simpler ways to choose?</summary>
[MemoryDiagnoser]
[MinColumn]
public class BaselineBenchmark
{
    private ILoadBalancer _p2c = null!;
    private ILoadBalancer _roundRobin = null!;
    private ILoadBalancer _random = null!;
    private ILoadBalancer _lockedScan = null!;

    /// <summary>The number of endpoints.</summary>
    [Params(1, 10, 100, 1_000, 10_000)]
    public int Endpoints { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var set = Sets.Of(Endpoints, skewed: false);
        _p2c = With(LoadBalancers.Create(BalancerKind.P2c), set);
        _roundRobin = With(new RoundRobinBaseline(), set);
        _random = With(new RandomBaseline(), set);
        _lockedScan = With(new LockedScanBaseline(), set);
    }

    [Benchmark(Baseline = true)]
    public PickResult P2c() => PickAndRelease(_p2c);

    [Benchmark]
    public PickResult RoundRobin() => PickAndRelease(_roundRobin);

    [Benchmark]
    public PickResult Random() => PickAndRelease(_random);

    [Benchmark]
    public PickResult LockedScan() => PickAndRelease(_lockedScan);

    private static PickResult PickAndRelease(ILoadBalancer balancer)
    {
        var result = balancer.Pick(default, out var lease);
        lease.Complete();
        return result;
    }

    private static ILoadBalancer With(ILoadBalancer balancer, EndpointSet set)
    {
        balancer.Update(set);
        return balancer;
    }
}
