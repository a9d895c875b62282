using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Transport;

/// <summary>The kinds of end points that engines over the system's sockets listen on and connect to.</summary>
internal static class EndPointKinds
{
    /// <summary>Returns true if an end point is an IP address with a port or a Unix-domain socket.</summary>
    public static bool AreConnectable(EndPoint endPoint) => endPoint is IPEndPoint or UnixDomainSocketEndPoint;

    /// <summary>Describes the expected kinds in place of an end point of another kind.</summary>
    public static string Explain(EndPoint endPoint)
    {
        var hint = endPoint is DnsEndPoint dns ? $" A host name is resolved as the name /$/inet/{dns.Host}/{dns.Port}." : string.Empty;
        return $"An IP address with a port or the path of a Unix-domain socket was expected, not {endPoint} ({endPoint.GetType().Name}).{hint}";
    }
}
