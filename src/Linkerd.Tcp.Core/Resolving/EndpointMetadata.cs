namespace Linkerd.Tcp.Resolving;

/// <summary>Represents the metadata of an endpoint besides its address and weight, as discovery provides it. Immutable, and compared by value; several
/// endpoints may share an instance. Any thread.</summary>
public sealed class EndpointMetadata : IEquatable<EndpointMetadata>
{
    /// <summary>Initializes the metadata.</summary>
    /// <param name="host">The name of the host that the address was looked up for (<see cref="Host"/>).</param>
    /// <param name="authority">The authority that discovery gave (<see cref="Authority"/>).</param>
    public EndpointMetadata(string? host = null, string? authority = null) => (Host, Authority) = (host, authority);

    /// <summary>
    /// Gets the name of the host that the address was looked up for, without the port, in any case; null if the address was given as such.
    /// After an attempt to one family of its addresses (IPv4, IPv6) has timed out, the other is preferred for 60 s.
    /// </summary>
    public string? Host { get; }

    /// <summary>
    /// Gets the authority that discovery gave for the endpoint, such as <c>web.service.dc1.consul</c>: the name, with or without a port, that clients of the service ask for. Null if it
    /// gave none. namerd gives the one of Consul's namer with <c>setHost</c>.
    /// </summary>
    public string? Authority { get; }

    bool IEquatable<EndpointMetadata>.Equals(EndpointMetadata? other) => ReferenceEquals(this, other) || (other is not null && Host == other.Host && Authority == other.Authority);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ((IEquatable<EndpointMetadata>)this).Equals(obj as EndpointMetadata);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Host, Authority);
}
