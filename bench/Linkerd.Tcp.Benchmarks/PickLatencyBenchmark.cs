using BenchmarkDotNet.Attributes;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>What does a pick cost, with its release, by algorithm, with every option at its default?</summary>
[MemoryDiagnoser]
[MinColumn]
public class PickLatencyBenchmark
{
    private ILoadBalancer _balancer = null!;

    /// <summary>The algorithm.</summary>
    [ParamsAllValues]
    public BalancerKind Kind { get; set; }

    /// <summary>The number of endpoints.</summary>
    [Params(1, 10, 100, 1_000, 10_000)]
    public int Endpoints { get; set; }

    /// <summary>Weights of 1 to 10 instead of equal ones.</summary>
    [Params(false, true)]
    public bool Skewed { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _balancer = LoadBalancers.Create(Kind);
        _balancer.Update(Sets.Of(Endpoints, Skewed));
    }

    [Benchmark]
    public PickResult PickAndRelease()
    {
        var result = _balancer.Pick(default, out var lease);
        lease.Complete();
        return result;
    }
}
