using BenchmarkDotNet.Attributes;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>What does a new set cost, by its size?</summary>
[MemoryDiagnoser]
[MinColumn]
public class UpdateBenchmark
{
    private readonly ILoadBalancer _p2c = LoadBalancers.Create(BalancerKind.P2c);
    private readonly ILoadBalancer _steady = LoadBalancers.Create(BalancerKind.P2c);
    private EndpointSet[] _sets = [];
    private EndpointSet[] _copies = [];
    private int _next;

    /// <summary>The number of endpoints.</summary>
    [Params(10, 100, 1_000, 10_000)]
    public int Endpoints { get; set; }

    /// <summary>Weights of 1 to 10 instead of equal ones.</summary>
    [Params(false, true)]
    public bool Skewed { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _sets = [Sets.Of(Endpoints, Skewed), Sets.Of(Endpoints, Skewed, first: 1)];
        _copies = [Sets.Of(Endpoints, Skewed), Sets.Of(Endpoints, Skewed)];
        _steady.Update(_copies[0]);
    }

    /// <summary>Two sets in turn: one endpoint leaves, another joins, and the rest stay.</summary>
    [Benchmark]
    public void OneReplaced() => _p2c.Update(_sets[_next ^= 1]);

    /// <summary>The same set again, as a poll brings it.</summary>
    [Benchmark]
    public void Unchanged() => _steady.Update(_copies[_next ^= 1]);
}
