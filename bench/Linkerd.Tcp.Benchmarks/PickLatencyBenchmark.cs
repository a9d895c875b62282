using BenchmarkDotNet.Attributes;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>What does one pick cost, alone and with giving the lease back, by algorithm, with every option at its default?</summary>
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

    /// <summary>Loads grow without end: the sessions never end.</summary>
    [Benchmark]
    public PickResult Pick() => _balancer.Pick(default, out _);

    [Benchmark]
    public PickResult PickAndRelease()
    {
        var result = _balancer.Pick(default, out var lease);
        lease.Dispose();
        return result;
    }
}
