using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>One pick while it runs: what is known of the session, and what was found out on the way.</summary>
internal ref struct PickState
{
    /// <summary>What is known of the session. Not to be written to.</summary>
    public PickContext Context;

    /// <summary>What candidates are drawn with. Not to be written to.</summary>
    public IRandomSource Random;

    private EndpointPolicy _policy;
    private long _now;

    /// <summary>
    /// Sets one up that is in its place already: a constructor makes it elsewhere and copies it, which costs a tenth of a pick.
    /// </summary>
    public void Begin(in PickContext context, EndpointPolicy policy, LeaseSlots slots)
    {
        Context = context;
        Random = policy.Random ?? slots;
        _policy = policy;
        _now = context.Timestamp;
    }

    /// <summary>Whether this is the last look: no endpoint is left, so ejected ones are tried. Nothing else is, then.</summary>
    public bool IsPanic { get; set; }

    /// <summary>Whether not every endpoint that is well will do.</summary>
    public readonly bool NeedsAdmissionCheck => IsPanic || !Context.Tried.IsEmpty;

    /// <summary>Whether an endpoint was passed over for a limit of its connections alone.</summary>
    public bool AtLimit { get; set; }

    /// <summary>What the endpoint that was taken was taken for.</summary>
    public LeaseKind Kind { get; set; }

    /// <summary>The group through which it was taken; null where its own counters are all.</summary>
    public EndpointBranch? Branch { get; set; }

    /// <summary>The time of the pick, where somebody knows it; 0 otherwise.</summary>
    public readonly long Timestamp => _now;

    /// <summary>The time of the pick. The clock is asked at most once.</summary>
    public long Now => _now != 0 ? _now : _now = _policy.Now;

    /// <summary>A session that has met one failure already is not the one to find out about another endpoint.</summary>
    public readonly bool MayProbe => Context.Tried.IsEmpty;

    /// <summary>Whether the session has tried an endpoint in vain.</summary>
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
