using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.Composition;

/// <summary>The fallback of every algorithm over one group: a look at each endpoint.</summary>
/// <param name="members">The endpoints; not copied.</param>
/// <param name="branches">The counters of their picks beside their own; null for algorithms that compare no loads, and if no endpoint is in another group too.</param>
internal abstract class GroupDistributor(ServerEndpoint[] members, EndpointBranch?[]? branches = null) : Distributor
{
    // An endpoint that was found may be taken away by another thread before it is taken: a probe, the last place.
    private const int Attempts = 4;

    /// <summary>The endpoints.</summary>
    protected ServerEndpoint[] Members { get; } = members;

    public override bool CanServe(ref PickState scope)
    {
        foreach (var endpoint in Members)
        {
            if (endpoint.Admit(ref scope) > 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The endpoints of a group, in its order.</summary>
    protected static ServerEndpoint[] EndpointsOf(ReadOnlySpan<GroupMember> members)
    {
        var endpoints = new ServerEndpoint[members.Length];
        for (var i = 0; i < endpoints.Length; i++)
        {
            endpoints[i] = members[i].Endpoint;
        }

        return endpoints;
    }

    /// <summary>Takes one through this group.</summary>
    protected bool TryTake(int index, ref PickState scope) => Members[index].TryTake(ref scope, branches?[index]);

    /// <summary>Takes the first member that can take the session, from the position that the bits determine; a doubtful one only if there is no other.</summary>
    protected ServerEndpoint? TakeAny(ulong bits, ref PickState scope)
    {
        for (var i = 0; i < Attempts; i++)
        {
            var found = FindAny(bits, ref scope);
            if (found < 0)
            {
                return null;
            }

            if (TryTake(found, ref scope))
            {
                return Members[found];
            }
        }

        return null;
    }

    // Its index; -1 for none.
    private int FindAny(ulong bits, ref PickState scope)
    {
        var members = Members;
        var start = (int)Math.BigMul(bits, (ulong)members.Length, out _);
        var doubtful = -1;
        for (var i = 0; i < members.Length; i++)
        {
            var index = start + i < members.Length ? start + i : start + i - members.Length;
            var endpoint = members[index];
            if (endpoint.Admit(ref scope) <= 0)
            {
                continue;
            }

            if ((endpoint.Gate & AdmissionGate.Suspect) == 0)
            {
                return index;
            }

            doubtful = doubtful < 0 ? index : doubtful;
        }

        return doubtful;
    }
}
