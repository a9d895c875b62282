using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>Least connections per weight as one writes it first: a scan over all of them under a lock.</summary>
internal sealed class LockedScanBaseline : BaselineBalancer
{
    private readonly Lock _lock = new();

    public override PickResult Pick(in PickContext context, out EndpointLease lease)
    {
        lock (_lock)
        {
            var best = 0;
            var least = double.MaxValue;
            for (var i = 0; i < Targets.Length; i++)
            {
                var load = (Targets[i].Load + 1) / Weights[i];
                if (load < least)
                {
                    (best, least) = (i, load);
                }
            }

            return Take(Targets[best], out lease);
        }
    }
}
