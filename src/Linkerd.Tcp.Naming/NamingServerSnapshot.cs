namespace Linkerd.Tcp.Naming;

/// <summary>Represents a server that resolves names, such as a namerd, at one moment, for introspection. Immutable.</summary>
public sealed class NamingServerSnapshot
{
    /// <summary>Gets the address, for an operator.</summary>
    public required string Address { get; init; }

    /// <summary>Gets a value that indicates whether requests are sent to it; null if it was not needed yet.</summary>
    public bool? IsAvailable { get; init; }

    /// <summary>Gets the error for which no requests are sent to it; null if there is none.</summary>
    public string? Error { get; init; }

    /// <summary>Gets the time until it is tried again; null if it is available.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
