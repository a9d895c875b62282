using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.Composition;

/// <summary>
/// Draws one endpoint out of the set that it was made for: an algorithm over one group, or a composition of others (a split, a fallback).
/// Its set never changes: an update makes a new one. Any thread, no lock, no allocation.
/// </summary>
internal abstract class Distributor
{
    /// <summary>
    /// Takes an endpoint for the session, so that its load counts it; null if none can take it now. <see cref="ServerEndpoint.Admit(ref PickState)"/> decides which ones can, and for which share of
    /// their weight; <see cref="ServerEndpoint.TryTake(ref PickState)"/> takes.
    /// </summary>
    public abstract ServerEndpoint? Choose(ref PickState scope);

    /// <summary>Returns true if <see cref="Choose"/> would find one.</summary>
    public abstract bool CanServe(ref PickState scope);

    /// <summary>Gets the exception with which it was made; null if there is none.</summary>
    public virtual Exception? Error => null;

    /// <summary>Called when another replaces it: only picks that have begun may still use it. Under the balancer's lock.</summary>
    public virtual void Retire()
    {
    }
}

/// <summary>Creates the distributor of one group.</summary>
/// <param name="members">The endpoints, each once, at least one; every weight is more than 0 and finite.</param>
/// <param name="previous">The one that it replaces, whose state is carried on; null for a new group.</param>
internal delegate Distributor DistributorFactory(ReadOnlySpan<GroupMember> members, Distributor? previous);

/// <summary>An endpoint within a group.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Weight">Its weight in the group.</param>
/// <param name="Branch">The counters that the group compares instead of the endpoint's own; null if the endpoint is in no other group.</param>
internal readonly record struct GroupMember(ServerEndpoint Endpoint, double Weight, EndpointBranch? Branch = null)
{
    /// <summary>Gets the counters of the members of a group; null if none of them is in another.</summary>
    public static EndpointBranch?[]? BranchesOf(ReadOnlySpan<GroupMember> members)
    {
        EndpointBranch?[]? branches = null;
        for (var i = 0; i < members.Length; i++)
        {
            if (members[i].Branch is { } branch)
            {
                branches ??= new EndpointBranch?[members.Length];
                branches[i] = branch;
            }
        }

        return branches;
    }
}
