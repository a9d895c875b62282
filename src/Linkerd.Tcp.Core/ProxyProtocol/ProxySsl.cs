namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents the value of <see cref="ProxyTlvType.Ssl"/>: section 2.2.6 of proxy-protocol.txt.</summary>
public readonly struct ProxySsl
{
    internal ProxySsl(byte client, uint verify, ReadOnlyMemory<byte> subTlvs) => (Client, Verify, SubTlvs) = (client, verify, subTlvs);

    /// <summary>Gets bits: 1, the client connected over TLS; 2, it gave a certificate on this connection; 4, it gave one in this TLS session.</summary>
    public byte Client { get; }

    /// <summary>Gets 0 if the client gave a certificate that the sender found good; anything else otherwise.</summary>
    public uint Verify { get; }

    /// <summary>Gets the fields that follow, as they came: type (1 byte), length (2 bytes, big-endian), value. Not checked.</summary>
    public ReadOnlyMemory<byte> SubTlvs { get; }
}
