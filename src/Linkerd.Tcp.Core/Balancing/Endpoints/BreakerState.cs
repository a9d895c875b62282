namespace Linkerd.Tcp.Balancing;

/// <summary>Whether an endpoint is ejected.</summary>
public enum BreakerState
{
    /// <summary>It is picked.</summary>
    Closed,

    /// <summary>It is ejected: not picked while another endpoint can take the session.</summary>
    Open,

    /// <summary>It is ejected, and one connection is finding out whether it is well again.</summary>
    HalfOpen,
}
