using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.Composition;

/// <summary>Several levels in order: one is used when none of those before it can serve. Tiers, and last resorts.</summary>
internal sealed class FallbackDistributor(Distributor[] levels) : Distributor
{
    public override ServerEndpoint? Choose(ref PickState scope)
    {
        foreach (var level in levels)
        {
            if (level.Choose(ref scope) is { } endpoint)
            {
                return endpoint;
            }
        }

        return null;
    }

    public override bool CanServe(ref PickState scope)
    {
        foreach (var level in levels)
        {
            if (level.CanServe(ref scope))
            {
                return true;
            }
        }

        return false;
    }
}
