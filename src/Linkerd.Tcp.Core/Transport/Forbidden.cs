using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp;

/// <summary>EACCES and EPERM in words that help: what they mean depends on what was asked for.</summary>
internal static class Forbidden
{
    /// <summary>Of connect(2): a local firewall rule (iptables DROP in OUTPUT gives EPERM), a policy of SELinux, a broadcast address; of a Unix-domain socket its file's permissions.</summary>
    public static string ToConnect(EndPoint to) => to is UnixDomainSocketEndPoint
        ? "permission denied: the socket's file must be writable, and its directories searchable, for this user"
        : "permission denied: a local firewall rule or security policy forbids the connection, or the address is a broadcast address";

    /// <summary>Of bind(2).</summary>
    public static string ToListen(EndPoint on) => on is IPEndPoint { Port: < 1024 }
        ? "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE or root)"
        : "permission denied";
}
