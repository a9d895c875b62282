namespace Linkerd.Tcp;

/// <summary>What a <see cref="TcpProxy"/> serves, and within which limits.</summary>
public sealed record TcpProxyOptions
{
    /// <summary>Where it listens; at least one.</summary>
    public required IReadOnlyList<ProxyListener> Listeners { get; init; }

    /// <summary>
    /// The most sessions at once, over all listeners. While it is reached nothing is accepted, and clients wait in the kernel's backlog.
    /// Null, the default: (descriptor limit - 200) / 2, as each session takes two descriptors.
    /// </summary>
    public int? MaxSessions { get; init; }

    /// <summary>From accept to an established server connection: resolution, waiting and all attempts. Default: 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One attempt to connect to one endpoint. Default: 3 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The most endpoints that one session tries. Default: 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The limits of each session's copy.</summary>
    public DuplexOptions Duplex { get; init; } = DuplexOptions.Default;

    /// <summary>How the connections of both sides are set up; the window is here.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;
}
