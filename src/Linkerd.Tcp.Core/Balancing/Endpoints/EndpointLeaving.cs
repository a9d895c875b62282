namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>The time since which one endpoint takes no new sessions, because an operator drains it or discovery has removed it. A mutable struct, part of its endpoint.</summary>
internal struct EndpointLeaving
{
    private long _leftAt;
    private long _drainedAt;

    /// <summary>Gets the time at which discovery removed it, as a timestamp; 0 while it is in the set.</summary>
    public readonly long LeftAt => Volatile.Read(in _leftAt);

    /// <summary>Gets a value that indicates whether an operator drains it, or discovery has removed it.</summary>
    public readonly bool IsLeaving => Volatile.Read(in _drainedAt) != 0 || LeftAt != 0;

    /// <summary>Returns the time for which it has been leaving; null if it is not.</summary>
    /// <param name="policy">The policy of the endpoint.</param>
    /// <param name="isDrained">True if because of an operator; false if because of discovery.</param>
    public readonly TimeSpan? For(EndpointPolicy policy, out bool isDrained)
    {
        var left = LeftAt;
        var drained = Volatile.Read(in _drainedAt);
        isDrained = drained != 0 && (left == 0 || drained <= left);
        var since = isDrained ? drained : left;
        return since == 0 ? null : policy.Elapsed(since, policy.Now);
    }

    /// <summary>Called when it is in the set, again or still.</summary>
    public void OnJoined() => Volatile.Write(ref _leftAt, 0);

    /// <summary>Called when it is not in the set any more. Under the balancer's lock.</summary>
    public void OnLeft(ServerEndpoint endpoint)
    {
        if (LeftAt == 0)
        {
            Volatile.Write(ref _leftAt, Math.Max(1, endpoint.Policy.Now));
            endpoint.Policy.Observer?.OnLeaving(endpoint);
        }
    }

    public void OnDrained(ServerEndpoint endpoint)
    {
        if (Interlocked.CompareExchange(ref _drainedAt, Math.Max(1, endpoint.Policy.Now), 0) == 0)
        {
            endpoint.Policy.Observer?.OnLeaving(endpoint);
        }
    }

    public void OnUndrained() => Volatile.Write(ref _drainedAt, 0);
}
