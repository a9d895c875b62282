using BenchmarkDotNet.Attributes;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>What does one pick cost, alone and with giving the lease back, against simpler ways to choose?</summary>
[MemoryDiagnoser]
[MinColumn]
public class PickLatencyBenchmark
{
    private ILoadBalancer _p2c = null!;
    private ILoadBalancer _roundRobin = null!;
    private ILoadBalancer _random = null!;
    private ILoadBalancer _lockedScan = null!;

    /// <summary>The number of endpoints.</summary>
    [Params(1, 2, 10, 100, 1_000, 10_000)]
    public int Endpoints { get; set; }

    /// <summary>Weights of 1 to 10 instead of equal ones.</summary>
    [Params(false, true)]
    public bool Skewed { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var set = Sets.Of(Endpoints, Skewed);
        _p2c = With(LoadBalancers.P2c(), set);
        _roundRobin = With(new RoundRobinBaseline(), set);
        _random = With(new RandomBaseline(), set);
        _lockedScan = With(new LockedScanBaseline(), set);
    }

    [Benchmark(Baseline = true)]
    public PickResult P2c() => _p2c.Pick(default, out _);

    [Benchmark]
    public PickResult P2cAndRelease() => PickAndRelease(_p2c);

    [Benchmark]
    public PickResult RoundRobin() => _roundRobin.Pick(default, out _);

    [Benchmark]
    public PickResult Random() => _random.Pick(default, out _);

    [Benchmark]
    public PickResult LockedScan() => _lockedScan.Pick(default, out _);

    private static ILoadBalancer With(ILoadBalancer balancer, EndpointSet set)
    {
        balancer.Update(set);
        return balancer;
    }

    private static PickResult PickAndRelease(ILoadBalancer balancer)
    {
        var result = balancer.Pick(default, out var lease);
        lease.Dispose();
        return result;
    }
}
