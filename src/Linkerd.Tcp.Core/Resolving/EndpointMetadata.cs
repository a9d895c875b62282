namespace Linkerd.Tcp.Resolving;

/// <summary>What discovery knows of an endpoint beside its address and weight. Immutable; endpoints that are known from the same place may share one.</summary>
public sealed record EndpointMetadata
{
    /// <summary>
    /// The name of the host that the address was looked up for, without the port, in any case; null, the default, if the address was given as such.
    /// After an attempt to one family of its addresses (IPv4, IPv6) has timed out, the other is preferred for 60 s.
    /// </summary>
    public string? Host { get; init; }

    /// <summary>
    /// Gets the authority that discovery gave for the endpoint, such as <c>web.service.dc1.consul</c>: the name, with or without a port, that clients of the service ask for. Null, the
    /// default, if it gave none. namerd gives the one of Consul's namer with <c>setHost</c>.
    /// </summary>
    public string? Authority { get; init; }
}
