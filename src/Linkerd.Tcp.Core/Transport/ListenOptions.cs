using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp;

/// <summary>What a listener listens on, and how.</summary>
public sealed record ListenOptions
{
    /// <summary>The local address: an <see cref="IPEndPoint"/> (port 0: any free one) or a <see cref="UnixDomainSocketEndPoint"/>. Required where <see cref="Handle"/> is not given.</summary>
    public EndPoint? EndPoint { get; init; }

    /// <summary>An inherited socket that already listens; it then belongs to the listener, which closes this handle in the end, and leaves the socket's backlog to others that share it.</summary>
    public SafeSocketHandle? Handle { get; init; }

    /// <summary>
    /// Connections that the kernel completes ahead of us, 1 or more. Default: as many as it allows, which on Linux is net.core.somaxconn (listen(2)); every system cuts
    /// a larger value down to what it allows. If the backlog is full Linux drops SYNs, and a client waits a second for its SYN's repetition.
    /// </summary>
    public int Backlog { get; init; } = int.MaxValue;

    /// <summary>
    /// Whether a listener on <c>[::]</c> takes IPv6 clients only. Default: false, it takes IPv4 clients too, as Kestrel's does; their addresses are told in IPv4's form
    /// (RFC 4291, section 2.5.5.2). Listeners on other IPv6 addresses take IPv6 clients only.
    /// </summary>
    public bool IPv6Only { get; init; }

    // Whether IPv4 clients come to an IPv6 socket.
    internal bool IsDual => !IPv6Only && EndPoint is IPEndPoint ip && ip.Address.Equals(IPAddress.IPv6Any);

    /// <summary>How accepted connections are set up.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;

    /// <summary>
    /// The limit that accepting respects: while it is reached nothing is accepted, and clients wait in the kernel's backlog.
    /// One limit may serve several listeners. Null: no limit.
    /// </summary>
    public ConnectionLimit? Limit { get; init; }
}
