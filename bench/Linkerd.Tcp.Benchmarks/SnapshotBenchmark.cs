using BenchmarkDotNet.Attributes;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>What does a look at every endpoint cost, as an admin page takes one every second?</summary>
[MemoryDiagnoser]
public class SnapshotBenchmark
{
    private ILoadBalancer _balancer = null!;

    /// <summary>The number of endpoints.</summary>
    [Params(100, 10_000)]
    public int Endpoints { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _balancer = LoadBalancers.Create(BalancerKind.P2c);
        _balancer.Update(Sets.Of(Endpoints, skewed: true));
    }

    [Benchmark]
    public long All()
    {
        var load = 0L;
        foreach (var endpoint in _balancer.Endpoints)
        {
            load += endpoint.Snapshot().Load;
        }

        return load;
    }
}
