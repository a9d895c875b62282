namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents a form of the PROXY protocol's header.</summary>
public enum ProxyProtocolVersion
{
    /// <summary>A line of text of at most 107 bytes that contains only TCP addresses.</summary>
    V1 = 1,

    /// <summary>A binary header, with addresses of any family and optional fields (TLVs).</summary>
    V2 = 2,
}
