namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents the state of a read of a <see cref="ProxyHeader"/>.</summary>
internal enum ProxyReadStatus
{
    /// <summary>The bytes can be the beginning of a header.</summary>
    NeedsMore,

    /// <summary>The header is complete.</summary>
    Done,

    /// <summary>The bytes are not the beginning of a header. The connection is to be closed.</summary>
    Invalid,
}
