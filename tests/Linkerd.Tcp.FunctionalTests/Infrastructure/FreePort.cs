using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Ports for programs that cannot say which free one they took.</summary>
internal static class FreePort
{
    /// <summary>A port of loopback that nobody listens on at this moment.</summary>
    public static int Next()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>An address of loopback that refuses connections at this moment.</summary>
    public static IPEndPoint NextEndPoint() => new(IPAddress.Loopback, Next());
}
