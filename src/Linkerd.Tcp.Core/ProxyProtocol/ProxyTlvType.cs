namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents the type of an optional field of a version 2 <see cref="ProxyHeader"/>, as registered in section 2.2 of proxy-protocol.txt. Fields of other types are kept too.</summary>
internal enum ProxyTlvType : byte
{
    /// <summary>No type; never sent.</summary>
    None = 0,

    /// <summary>PP2_TYPE_ALPN: the protocol over the connection, such as <c>h2</c>.</summary>
    Alpn = 0x01,

    /// <summary>PP2_TYPE_AUTHORITY: the host name that the client asked for, as in TLS's server_name; UTF-8.</summary>
    Authority = 0x02,

    /// <summary>PP2_TYPE_CRC32C: the checksum of the header.</summary>
    Crc32C = 0x03,

    /// <summary>PP2_TYPE_NOOP: padding.</summary>
    Noop = 0x04,

    /// <summary>PP2_TYPE_UNIQUE_ID: identifies the connection over layers of proxies; at most 128 bytes.</summary>
    UniqueId = 0x05,

    /// <summary>PP2_TYPE_SSL: the client's TLS connection to the sender.</summary>
    Ssl = 0x20,

    /// <summary>PP2_TYPE_NETNS: the name of the sender's network namespace; ASCII.</summary>
    NetworkNamespace = 0x30,
}
