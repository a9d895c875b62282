namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents an optional field of a version 2 <see cref="ProxyHeader"/>.</summary>
/// <param name="Type">The type; may be one that has no name here.</param>
/// <param name="Value">The bytes, at most 65,535.</param>
public readonly record struct ProxyTlv(ProxyTlvType Type, ReadOnlyMemory<byte> Value);
