using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>One pick while it runs: its session, and its findings.</summary>
internal ref struct PickState
{
    /// <summary>The session. Not to be written to.</summary>
    public PickContext Context;

    /// <summary>The source of random numbers for candidates. Not to be written to.</summary>
    public IRandomSource Random;

    private EndpointPolicy _policy;
    private long _now;

    /// <summary>
    /// Initializes a state in its place: a constructor makes it elsewhere and copies it, which costs a tenth of a pick.
    /// </summary>
    public void Begin(in PickContext context, EndpointPolicy policy, LeaseSlots slots)
    {
        Context = context;
        Random = policy.Random ?? slots;
        _policy = policy;
        _now = context.Timestamp;
    }

    /// <summary>True if this is the last look: no endpoint is left, so ejected ones, and only those, are tried.</summary>
    public bool IsPanic { get; set; }

    /// <summary>True if not every endpoint that is well will do.</summary>
    public readonly bool NeedsAdmissionCheck => IsPanic || !Context.Tried.IsEmpty;

    /// <summary>True if an endpoint was passed over for a limit of its connections alone.</summary>
    public bool AtLimit { get; set; }

    /// <summary>The purpose for which the endpoint was taken.</summary>
    public LeaseKind Kind { get; set; }

    /// <summary>The group through which it was taken; null if its own counters are all.</summary>
    public EndpointBranch? Branch { get; set; }

    /// <summary>The time of the pick, if the caller has it; 0 otherwise.</summary>
    public readonly long Timestamp => _now;

    /// <summary>The time of the pick. The clock is read at most once.</summary>
    public long Now => _now != 0 ? _now : _now = _policy.Now;

    /// <summary>True if the session may probe: one that has met one failure already does not test another endpoint.</summary>
    public readonly bool MayProbe => Context.Tried.IsEmpty;

    /// <summary>Returns true if the session has tried an endpoint in vain.</summary>
    public readonly bool HasTried(ServerEndpoint endpoint)
    {
        if (Context.TriedIndex is { } index)
        {
            return index.IsOfRound(endpoint);
        }

        foreach (var tried in Context.Tried)
        {
            if (ReferenceEquals(tried, endpoint))
            {
                return true;
            }
        }

        return false;
    }
}
