namespace Linkerd.Tcp;

/// <summary>Several levels in order: one is used when none of those before it can serve. Tiers, and last resorts.</summary>
internal sealed class FallbackDistributor(Distributor[] levels) : Distributor
{
    public override Endpoint? Draw(in PickContext context, IRandomSource random)
    {
        foreach (var level in levels)
        {
            if (level.Draw(in context, random) is { } endpoint)
            {
                return endpoint;
            }
        }

        return null;
    }

    public override bool CanServe(in PickContext context)
    {
        foreach (var level in levels)
        {
            if (level.CanServe(in context))
            {
                return true;
            }
        }

        return false;
    }
}
