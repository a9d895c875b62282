using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>One address as the stand-in sends it, checked by nobody: it may well be one that namerd would not send.</summary>
/// <param name="Ip">As it is to stand in the document.</param>
/// <param name="Port">As it is to stand in the document.</param>
/// <param name="Weight">The weight, printed as Java prints a double; null, the default: none is sent.</param>
/// <param name="Meta">Members of the <c>meta</c> object as JSON, without braces; default none.</param>
public sealed record StandInAddress(string Ip, int Port, double? Weight = null, string Meta = "")
{
    /// <summary>An address, printed as Java prints it: IPv6 in full, with the zone as it is given.</summary>
    public static StandInAddress Of(IPEndPoint endPoint, double? weight = null) => new(Print(endPoint.Address), endPoint.Port, weight);

    /// <summary>As Java's <c>InetAddress.getHostAddress</c>: the eight groups of IPv6 without any shortening.</summary>
    public static string Print(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        var groups = Enumerable.Range(0, 8).Select(i => ((bytes[2 * i] << 8) | bytes[(2 * i) + 1]).ToString("x"));
        return string.Join(':', groups) + (address.ScopeId == 0 ? string.Empty : $"%{address.ScopeId}");
    }
}
