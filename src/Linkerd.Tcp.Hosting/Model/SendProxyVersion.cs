using Linkerd.Tcp.ProxyProtocol;

namespace Linkerd.Tcp.Hosting;

/// <summary>Specifies the PROXY header with which server connections begin. It has a value for none, as null has no effect in <see cref="ClientSettings"/>.</summary>
public enum SendProxyVersion
{
    /// <summary>No header.</summary>
    Off = 0,

    /// <inheritdoc cref="ProxyProtocolVersion.V1"/>
    V1 = 1,

    /// <inheritdoc cref="ProxyProtocolVersion.V2"/>
    V2 = 2,
}
