using System.Net;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>An address that says whose it is.</summary>
internal sealed class ServerAddress(int index) : IPEndPoint(new IPAddress([10, 1, (byte)(index >> 8), (byte)index]), 80)
{
    public int Index => index;
}
