namespace Linkerd.Tcp;

/// <summary>What a <see cref="TcpProxy"/> serves, and within which limits.</summary>
public sealed record TcpProxyOptions
{
    /// <summary>Where it listens; at least one.</summary>
    public required IReadOnlyList<ProxyListener> Listeners { get; init; }

    /// <summary>
    /// The most sessions at once, over all listeners; <see cref="ProxyListener.MaxSessions"/> is that of one. While it is reached nothing is accepted, and clients wait in the kernel's backlog.
    /// Null, the default: (descriptor limit - 200) / 2, as each session takes two descriptors.
    /// </summary>
    public int? MaxSessions { get; init; }

    /// <summary>How sessions get their server connections, where <see cref="DestinationOptions.Connect"/> does not say otherwise.</summary>
    public ConnectPolicy Connect { get; init; } = ConnectPolicy.Default;

    /// <summary>
    /// Whether a client that sends its FIN while its session waits for a server connection is taken for gone, as HAProxy's
    /// <c>option abortonclose</c> has it: its place is free at once, which matters where impatient clients pile up. Default: false, as the FIN may be
    /// a half-close (<c>echo query | nc</c>), whose sender waits for the answer. A client that resets the connection is gone either way.
    /// </summary>
    public bool AbortOnClose { get; init; }

    /// <summary>The limits of each session's copy.</summary>
    public DuplexOptions Duplex { get; init; } = DuplexOptions.Default;

    /// <summary>How clients' connections are set up, and those to servers too where <see cref="ConnectPolicy.Tcp"/> is null; the window is here.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;
}
