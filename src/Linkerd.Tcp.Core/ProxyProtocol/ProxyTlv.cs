namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents an optional field of a version 2 <see cref="ProxyHeader"/>.</summary>
/// <param name="type">The type; may be a value that is not named in the enumeration.</param>
/// <param name="value">The bytes, at most 65,535.</param>
internal readonly struct ProxyTlv(ProxyTlvType type, ReadOnlyMemory<byte> value)
{
    /// <summary>Gets the type; may be a value that is not named in the enumeration.</summary>
    public ProxyTlvType Type { get; } = type;

    /// <summary>Gets the bytes, at most 65,535.</summary>
    public ReadOnlyMemory<byte> Value { get; } = value;
}
