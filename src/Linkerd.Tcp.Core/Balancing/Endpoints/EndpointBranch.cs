using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// One of the groups of an endpoint that is in several: the load and the picks that came through it, which are what the group compares. The totals of the
/// endpoint would not do: a group would make up for what the others send there, and its own weights would not hold. Any thread.
/// </summary>
/// <remarks>
/// An endpoint that is in one group has none of these, and pays nothing for them. Of several groups one has no counters: what no other group counts is its.
/// So an endpoint that comes into a second group keeps in the first what it had there.
/// </remarks>
internal sealed class EndpointBranch
{
    private readonly EndpointBranch[]? _others;
    private Counters _counters;

    /// <summary>A group with counters of its own.</summary>
    public EndpointBranch(ServerEndpoint endpoint, int group)
    {
        Endpoint = endpoint;
        Group = group;
    }

    /// <summary>The group that has what the others do not count.</summary>
    public EndpointBranch(ServerEndpoint endpoint, int group, EndpointBranch[] others)
        : this(endpoint, group) => _others = others;

    public ServerEndpoint Endpoint { get; }

    /// <summary>The group, by the number that it keeps over updates.</summary>
    public int Group { get; }

    /// <summary>Whether it counts for itself.</summary>
    public bool IsCounter => _others is null;

    /// <summary>The leases through this group whose connection is established.</summary>
    public long Open
    {
        get
        {
            if (_others is null)
            {
                return Volatile.Read(ref _counters.Open);
            }

            var open = Endpoint.Open;
            foreach (var other in _others)
            {
                open -= other.Open;
            }

            return open;
        }
    }

    /// <summary>What the group compares: the counters of the endpoint where it is in no other group.</summary>
    public static long ReadLoad(ServerEndpoint endpoint, EndpointBranch? branch, out long picks) =>
        branch is null ? endpoint.ReadLoad(out picks) : branch.ReadLoad(out picks);

    /// <summary>A pick through this group, which the endpoint has counted already.</summary>
    public void CountPick() => Interlocked.Increment(ref _counters.Picks);

    /// <summary>A connection of a lease through this group is established.</summary>
    public void CountOpen() => Interlocked.Increment(ref _counters.Open);

    /// <summary>A lease through this group ends, which the endpoint has still to count.</summary>
    public void CountRelease(bool wasOpen)
    {
        if (wasOpen)
        {
            Interlocked.Decrement(ref _counters.Open);
        }

        Interlocked.Increment(ref _counters.Released);
    }

    /// <summary>The picks of several.</summary>
    public static long SumPicks(EndpointBranch[] branches)
    {
        var picks = 0L;
        foreach (var branch in branches)
        {
            picks += Volatile.Read(ref branch._counters.Picks);
        }

        return picks;
    }

    /// <summary>The leases of several that have ended.</summary>
    public static long SumReleased(EndpointBranch[] branches)
    {
        var released = 0L;
        foreach (var branch in branches)
        {
            released += Volatile.Read(ref branch._counters.Released);
        }

        return released;
    }

    /// <summary>The load and the picks of an endpoint that did not come through some of its groups.</summary>
    public static long ReadRest(ServerEndpoint endpoint, EndpointBranch[] others, out long picks)
    {
        // A pick is counted by the endpoint before it is by the group, and a release by the group before it is by the endpoint: in this order neither is seen by the group alone, which would
        // make the rest less than nothing.
        ref var load = ref endpoint.Counters;
        var released = load.Released;
        var otherPicks = SumPicks(others);
        picks = load.Picks - otherPicks;
        return picks - released + SumReleased(others);
    }

    private long ReadLoad(out long picks)
    {
        if (_others is null)
        {
            var released = Volatile.Read(ref _counters.Released);
            picks = Volatile.Read(ref _counters.Picks);
            return picks - released;
        }

        return ReadRest(Endpoint, _others, out picks);
    }

    // A cache line's size more than it needs, as those of the endpoint.
    [StructLayout(LayoutKind.Explicit, Size = 88)]
    private struct Counters
    {
        [FieldOffset(0)]
        public long Picks;

        [FieldOffset(8)]
        public long Released;

        [FieldOffset(16)]
        public long Open;
    }
}
