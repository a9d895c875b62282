using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Dialing;

/// <summary>
/// Represents the options of server connections that are made before they are needed, so that a session does not wait for a handshake. For servers that wait for the client's bytes
/// first, or do not mind; a connection of a server that sends first may be as old as its greeting.
/// </summary>
public sealed class PreconnectOptions
{
    /// <summary>Gets or sets the number of connections that are kept ready for a destination. Default: 0.</summary>
    public int Connections { get; set; }

    /// <summary>
    /// Gets or sets the longest time for which one is kept, at most 49 days; it is closed then, and another made. Default: 30 s, below the time after which most servers close an idle connection.
    /// </summary>
    public TimeSpan MaxIdle { get; set; } = TimeSpan.FromSeconds(30);

    internal PreconnectOptions Copy() => (PreconnectOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Range(Connections, 0);
        validator.Timer(MaxIdle);
    }
}
