using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;

namespace Linkerd.Tcp.Transport;

/// <summary>Which engine carries connections.</summary>
public enum TransportEngine
{
    /// <summary>Epoll where it runs, Sockets elsewhere.</summary>
    Auto,

    /// <summary><see cref="EpollTransport"/>: Linux on x64 and arm64.</summary>
    Epoll,

    /// <summary><see cref="SocketsTransport"/>: everywhere.</summary>
    Sockets,
}
