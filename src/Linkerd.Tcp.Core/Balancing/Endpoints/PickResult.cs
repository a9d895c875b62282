namespace Linkerd.Tcp.Balancing;

/// <summary>How a pick ended.</summary>
public enum PickResult
{
    /// <summary>An endpoint was picked; its lease is the caller's.</summary>
    Picked,

    /// <summary>The set has no endpoints.</summary>
    Empty,

    /// <summary>There are endpoints, but none that can take this session now: all tried before, drained or ejected.</summary>
    Unavailable,

    /// <summary>Every endpoint that could take the session is at its limit of connections.</summary>
    AtLimit,
}
