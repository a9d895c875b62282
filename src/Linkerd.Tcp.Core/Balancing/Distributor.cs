namespace Linkerd.Tcp;

/// <summary>
/// Draws one endpoint out of the set that it was made for: an algorithm over one group, or a composition of others (a split, a fallback).
/// Its set never changes: an update makes a new one. Any thread, no lock, no allocation.
/// </summary>
internal abstract class Distributor
{
    /// <summary>Draws an endpoint that can take the session; null where there is none. Takes no lease.</summary>
    public abstract Endpoint? Draw(in PickContext context, IRandomSource random);

    /// <summary>Whether <see cref="Draw"/> would find one.</summary>
    public abstract bool CanServe(in PickContext context);

    /// <summary>Whether an endpoint can take the session.</summary>
    protected static bool IsUsable(Endpoint endpoint, in PickContext context)
    {
        foreach (var tried in context.Tried)
        {
            if (ReferenceEquals(tried, endpoint))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Makes the distributor of one group.</summary>
/// <param name="members">The endpoints, each once, at least one; every weight is more than 0 and finite.</param>
/// <param name="previous">The one that it replaces, whose state is to be carried on; null for a new group.</param>
internal delegate Distributor DistributorFactory(ReadOnlySpan<GroupMember> members, Distributor? previous);

/// <summary>An endpoint within a group.</summary>
internal readonly record struct GroupMember(Endpoint Endpoint, double Weight);
