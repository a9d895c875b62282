using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// A port that stays one's own while nothing listens on it: connections to it are refused, and no other program is given it. On Linux a socket that is bound, and does not listen, does this, and lets
/// another one listen on the port (SO_REUSEADDR, socket(7), which .NET sets when it binds). Elsewhere the port is free.
/// </summary>
internal sealed class ReservedPort : IDisposable
{
    private readonly Socket? _socket;

    /// <param name="endPoint">The address. If its port is 0, a free one is taken.</param>
    public ReservedPort(IPEndPoint endPoint)
    {
        EndPoint = endPoint;
        if (OperatingSystem.IsLinux() && endPoint.Port == 0)
        {
            _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _socket.Bind(endPoint);
            EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        }
    }

    /// <summary>The address with the port.</summary>
    public IPEndPoint EndPoint { get; }

    public void Dispose() => _socket?.Dispose();
}
