namespace Linkerd.Tcp.Balancing;

/// <summary>Specifies the state of a circuit breaker.</summary>
public enum BreakerState
{
    /// <summary>The endpoint is picked.</summary>
    Closed,

    /// <summary>The endpoint is ejected: not picked while another endpoint can take the session.</summary>
    Open,

    /// <summary>The endpoint is ejected, and one connection is testing it.</summary>
    HalfOpen,
}
