using System.Globalization;
using System.Net;

namespace Linkerd.Tcp.Transport;

/// <summary>The ports that the kernel gives to sockets without a port of their own.</summary>
internal static class EphemeralPorts
{
    private static readonly (int First, int Last) Range = Read();

    public static bool Contain(int port) => port >= Range.First && port <= Range.Last;

    private static (int First, int Last) Read()
    {
        try
        {
            if (OperatingSystem.IsLinux() && File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var first, var last])
            {
                return (int.Parse(first, CultureInfo.InvariantCulture), int.Parse(last, CultureInfo.InvariantCulture));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            // Not available: any port may be one.
        }

        return (1, IPEndPoint.MaxPort);
    }
}
