using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Transport;

/// <summary>Explains EACCES and EPERM, whose meaning depends on the operation.</summary>
internal static class Forbidden
{
    /// <summary>
    /// Of connect(2). A route of type prohibit gives EACCES (ip-route(8)), a program attached to the cgroup, such as systemd's IPAddressDeny=, EPERM. Of a Unix-domain socket it is
    /// the file's permissions (unix(7)).
    /// </summary>
    public static string ToConnect(EndPoint to) => to is UnixDomainSocketEndPoint
        ? "permission denied: the socket's file must be writable, and its directories searchable, for this user"
        : "permission denied: this machine forbids the connection (a 'prohibit' route, a rule of its firewall or of the process's cgroup, or a security policy)";

    /// <summary>Of bind(2).</summary>
    public static string ToListen(EndPoint on) => on is IPEndPoint { Port: < 1024 }
        ? "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE or root)"
        : "permission denied";
}
