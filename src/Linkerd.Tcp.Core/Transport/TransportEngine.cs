using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;

namespace Linkerd.Tcp.Transport;

/// <summary>Specifies the engine that carries connections.</summary>
public enum TransportEngine
{
    /// <summary>Epoll on platforms that support it, Sockets elsewhere.</summary>
    Auto,

    /// <summary><see cref="EpollTransport"/>: available on Linux on x64 and arm64.</summary>
    Epoll,

    /// <summary><see cref="SocketsTransport"/>: available on every platform.</summary>
    Sockets,
}
