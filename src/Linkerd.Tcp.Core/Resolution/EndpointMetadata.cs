namespace Linkerd.Tcp;

/// <summary>What discovery knows of an endpoint beside its address and weight. Immutable; endpoints that are known from the same place may share one.</summary>
public sealed record EndpointMetadata
{
    /// <summary>
    /// The name of the host that the address was looked up for, without the port, in any case; null, the default, if the address was given as such.
    /// After an attempt to one family of its addresses (IPv4, IPv6) has timed out, the other is preferred for 60 s.
    /// </summary>
    public string? Host { get; init; }
}
