using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.LoadTest.Comparing;

/// <summary>Ports below those that the kernel gives to clients, so that no connection of the load takes them away.</summary>
internal sealed class FreePorts
{
    private const int First = 15_000;
    private const int Last = 32_000;
    private int _next = First;

    /// <summary>A port that nobody listens on; another one each time.</summary>
    public int Take()
    {
        for (var tries = First; tries < Last; tries++)
        {
            var port = _next;
            _next = port + 1 < Last ? port + 1 : First;
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                continue;
            }
        }

        throw new IOException($"no free port from {First} to {Last}");
    }
}
