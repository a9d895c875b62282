using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>Each in turn, whatever its weight.</summary>
internal sealed class RoundRobinBaseline : BaselineBalancer
{
    private uint _next;

    public override PickResult Pick(in PickContext context, out EndpointLease lease)
    {
        var targets = Targets;
        return Take(targets[Interlocked.Increment(ref _next) % (uint)targets.Length], out lease);
    }
}
