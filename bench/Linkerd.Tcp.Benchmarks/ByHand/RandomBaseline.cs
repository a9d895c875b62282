using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>Any, whatever its weight.</summary>
internal sealed class RandomBaseline : BaselineBalancer
{
    private readonly Random _random = Random.Shared;

    public override PickResult Pick(in PickContext context, out EndpointLease lease)
    {
        var targets = Targets;
        return Take(targets[_random.Next(targets.Length)], out lease);
    }
}
