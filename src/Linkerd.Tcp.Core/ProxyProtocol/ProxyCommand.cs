namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Represents the purpose of a connection that begins with a <see cref="ProxyHeader"/>.</summary>
internal enum ProxyCommand
{
    /// <summary>The sender made the connection for itself, such as a health check. The addresses of the socket count.</summary>
    Local = 0,

    /// <summary>The connection was made for a client. The addresses of the header count, if it has any.</summary>
    Proxy = 1,
}
