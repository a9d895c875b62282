namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Represents the options of a proxy that hold for the sessions of all its listeners. Immutable: a session keeps those that it began with, whatever the proxy is given meanwhile.
/// </summary>
internal sealed class SessionPolicy
{
    /// <summary>Gets how connections to servers are made, if the options of their destination do not say so.</summary>
    public required ServedBy Proxy { get; init; }

    /// <summary>Gets whether a client that sends its FIN while its session waits is taken for gone.</summary>
    public required bool AbortOnClose { get; init; }

    /// <summary>Gets what copies.</summary>
    public required DuplexProxy Duplex { get; init; }
}
