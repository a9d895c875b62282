namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents the value of <see cref="ProxyTlvType.Ssl"/>: section 2.2.6 of proxy-protocol.txt.</summary>
/// <param name="Client">Bits: 1, the client connected over TLS; 2, it gave a certificate on this connection; 4, it gave one in this TLS session.</param>
/// <param name="Verify">0 if the client gave a certificate that the sender found good; anything else otherwise.</param>
/// <param name="SubTlvs">The fields that follow, as they came: type (1 byte), length (2 bytes, big-endian), value. Not checked.</param>
public readonly record struct ProxySsl(byte Client, uint Verify, ReadOnlyMemory<byte> SubTlvs);
