namespace Linkerd.Tcp.Security.Hello;

/// <summary>Represents what a client began with. Filled before its session has a name; any thread afterwards.</summary>
internal sealed class ClientGreeting
{
    /// <summary>Gets or sets the ClientHello, which goes on to the server; null if there was none, or if TLS ends here.</summary>
    public ClientHello? Hello { get; set; }

    /// <summary>Gets or sets, for a log, the reason for which there is no ClientHello; null if there is one.</summary>
    public string? Problem { get; set; }

    /// <summary>Gets or sets a value that indicates whether an SSLRequest of PostgreSQL was answered, so that a server waits for one.</summary>
    public bool HasAskedForTls { get; set; }
}
