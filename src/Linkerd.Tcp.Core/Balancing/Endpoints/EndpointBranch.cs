using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// One of the groups of an endpoint that is in several: the load and the picks that came through it, which are what the group compares. The totals of the
/// endpoint would not do: a group would compensate for the sessions of the others, and its own weights would not hold. Any thread.
/// </summary>
/// <remarks>
/// An endpoint that is in one group has none of these, and pays nothing for them. Of several groups one has no counters: its share is the rest that no other group counts.
/// So an endpoint that comes into a second group keeps its counts in the first.
/// </remarks>
internal sealed class EndpointBranch
{
    private readonly EndpointBranch[]? _others;
    private Counters _counters;

    /// <summary>Initializes a group with counters of its own.</summary>
    public EndpointBranch(ServerEndpoint endpoint, int group)
    {
        Endpoint = endpoint;
        Group = group;
    }

    /// <summary>Initializes the group that has the rest that the others do not count.</summary>
    public EndpointBranch(ServerEndpoint endpoint, int group, EndpointBranch[] others)
        : this(endpoint, group) => _others = others;

    public ServerEndpoint Endpoint { get; }

    /// <summary>The group, by the number that it keeps over updates.</summary>
    public int Group { get; }

    /// <summary>True if it has counters of its own.</summary>
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

    /// <summary>Gets the counters that the group compares: those of the endpoint if it is in no other group.</summary>
    public static long ReadLoad(ServerEndpoint endpoint, EndpointBranch? branch, out long picks) =>
        branch is null ? endpoint.ReadLoad(out picks) : branch.ReadLoad(out picks);

    /// <summary>Counts a pick through this group, which the endpoint has counted already.</summary>
    public void CountPick() => Interlocked.Increment(ref _counters.Picks);

    /// <summary>Counts a connection of a lease through this group that is established.</summary>
    public void CountOpen() => Interlocked.Increment(ref _counters.Open);

    /// <summary>Counts the end of a lease through this group, which the endpoint has still to count.</summary>
    public void CountRelease(bool wasOpen)
    {
        if (wasOpen)
        {
            Interlocked.Decrement(ref _counters.Open);
        }

        Interlocked.Increment(ref _counters.Released);
    }

    /// <summary>Returns the sum of the picks of several.</summary>
    public static long SumPicks(EndpointBranch[] branches)
    {
        var picks = 0L;
        foreach (var branch in branches)
        {
            picks += Volatile.Read(ref branch._counters.Picks);
        }

        return picks;
    }

    /// <summary>Returns the sum of the ended leases of several.</summary>
    public static long SumReleased(EndpointBranch[] branches)
    {
        var released = 0L;
        foreach (var branch in branches)
        {
            released += Volatile.Read(ref branch._counters.Released);
        }

        return released;
    }

    /// <summary>Gets the load and the picks of an endpoint that did not come through some of its groups.</summary>
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

    // A cache line's size more than required, as for those of the endpoint.
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
