using BenchmarkDotNet.Attributes;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>What does a pick cost, with its release, by algorithm, with every option at its default, against simpler ways to choose that are written by hand?</summary>
[MemoryDiagnoser]
[MinColumn]
public class PickLatencyBenchmark
{
    private ILoadBalancer _balancer = null!;

    /// <summary>The number of endpoints.</summary>
    [Params(10, 1_000, 10_000)]
    public int Endpoints { get; set; }

    /// <summary>Weights of 1 to 10 instead of equal ones. The ways by hand ignore them, but for the scan.</summary>
    [Params(false, true)]
    public bool Skewed { get; set; }

    [GlobalSetup(Target = nameof(ByHand))]
    public void SetUpByHand() => SetUp(new RandomBaseline());

    [GlobalSetup(Target = nameof(RoundRobinByHand))]
    public void SetUpRoundRobinByHand() => SetUp(new RoundRobinBaseline());

    [GlobalSetup(Target = nameof(LockedScan))]
    public void SetUpLockedScan() => SetUp(new LockedScanBaseline());

    [GlobalSetup(Target = nameof(P2c))]
    public void SetUpP2c() => SetUp(LoadBalancers.Create(BalancerKind.P2c));

    [GlobalSetup(Target = nameof(PeakEwma))]
    public void SetUpPeakEwma() => SetUp(LoadBalancers.Create(BalancerKind.PeakEwma));

    [GlobalSetup(Target = nameof(LeastConnections))]
    public void SetUpLeastConnections() => SetUp(LoadBalancers.Create(BalancerKind.LeastConnections));

    [GlobalSetup(Target = nameof(RoundRobin))]
    public void SetUpRoundRobin() => SetUp(LoadBalancers.Create(BalancerKind.RoundRobin));

    [GlobalSetup(Target = nameof(Random))]
    public void SetUpRandom() => SetUp(LoadBalancers.Create(BalancerKind.Random));

    [GlobalSetup(Target = nameof(Maglev))]
    public void SetUpMaglev() => SetUp(LoadBalancers.Create(BalancerKind.Maglev));

    /// <summary>Any endpoint, whatever its weight: the least that a pick with a lease can cost.</summary>
    [Benchmark(Baseline = true)]
    public PickResult ByHand() => PickAndRelease();

    [Benchmark]
    public PickResult RoundRobinByHand() => PickAndRelease();

    [Benchmark]
    public PickResult LockedScan() => PickAndRelease();

    [Benchmark]
    public PickResult P2c() => PickAndRelease();

    [Benchmark]
    public PickResult PeakEwma() => PickAndRelease();

    [Benchmark]
    public PickResult LeastConnections() => PickAndRelease();

    [Benchmark]
    public PickResult RoundRobin() => PickAndRelease();

    [Benchmark]
    public PickResult Random() => PickAndRelease();

    [Benchmark]
    public PickResult Maglev() => PickAndRelease();

    private void SetUp(ILoadBalancer balancer)
    {
        _balancer = balancer;
        _balancer.Update(Sets.Of(Endpoints, Skewed));
    }

    private PickResult PickAndRelease()
    {
        var result = _balancer.Pick(default, out var lease);
        lease.Complete();
        return result;
    }
}
