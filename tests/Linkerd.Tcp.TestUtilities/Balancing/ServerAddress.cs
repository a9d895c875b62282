using System.Net;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>An address that says whose it is.</summary>
internal sealed class ServerAddress(int index, bool isIPv6) : IPEndPoint(
    isIPv6 ? new IPAddress([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte)(index >> 8), (byte)index]) : new IPAddress([10, 1, (byte)(index >> 8), (byte)index]),
    80)
{
    public int Index => index;
}
