using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Ports for programs that cannot say which free one they took. They are below those that the kernel gives to clients and to port 0, so that no other test gets one meanwhile.</summary>
internal static class FreePort
{
    private const int First = 15_000;
    private const int Count = 17_000;
    private static int Taken = Random.Shared.Next(Count);

    /// <summary>A port of loopback that nobody listens on at this moment; another one each time.</summary>
    public static int Next()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref Taken) % Count);
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                continue;
            }
        }

        throw new IOException($"no free port from {First} to {First + Count - 1}");
    }

    /// <summary>An address of loopback that refuses connections at this moment.</summary>
    public static IPEndPoint NextEndPoint() => new(IPAddress.Loopback, Next());
}
