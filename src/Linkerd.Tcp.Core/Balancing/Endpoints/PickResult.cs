namespace Linkerd.Tcp.Balancing;

/// <summary>Specifies the result of a pick.</summary>
public enum PickResult
{
    /// <summary>An endpoint was picked. The caller has the lease.</summary>
    Picked,

    /// <summary>The set has no endpoints.</summary>
    Empty,

    /// <summary>No endpoint of the set can take this session now: all are drained, ejected or were tried before.</summary>
    Unavailable,

    /// <summary>Every endpoint that could take the session is at its limit of connections.</summary>
    AtLimit,
}
