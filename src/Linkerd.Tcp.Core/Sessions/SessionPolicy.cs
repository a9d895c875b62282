namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Represents the options of a listener and its proxy for sessions. Immutable: a session keeps those that it began with, even if these options change meanwhile.
/// </summary>
internal sealed class SessionPolicy
{
    /// <summary>Gets the settings of connections to servers, if the options of their destination have none.</summary>
    public required ServedBy Proxy { get; init; }

    /// <summary>Gets the longest time from accept to a server connection, if the options of the destination have none.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>Gets a value that indicates whether a client that sends its FIN while its session waits is taken for gone.</summary>
    public required bool AbortOnClose { get; init; }

    /// <summary>Gets the copier.</summary>
    public required DuplexProxy Duplex { get; init; }
}
