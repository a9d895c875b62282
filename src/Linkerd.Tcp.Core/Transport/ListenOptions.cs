using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp;

/// <summary>What a listener listens on, and how.</summary>
public sealed record ListenOptions
{
    /// <summary>The local address: an <see cref="IPEndPoint"/> (port 0: any free one) or a <see cref="UnixDomainSocketEndPoint"/>. Required where <see cref="Handle"/> is not given.</summary>
    public EndPoint? EndPoint { get; init; }

    /// <summary>An inherited socket that already listens; it then belongs to the listener.</summary>
    public SafeSocketHandle? Handle { get; init; }

    /// <summary>Connections that the kernel completes ahead of us. Default: 512, the value of Kestrel and nginx (511); the kernel caps it at net.core.somaxconn.</summary>
    public int Backlog { get; init; } = 512;

    /// <summary>How accepted connections are set up.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;

    /// <summary>
    /// The limit that accepting respects: while it is reached nothing is accepted, and clients wait in the kernel's backlog.
    /// One limit may serve several listeners. Null: no limit.
    /// </summary>
    public ConnectionLimit? Limit { get; init; }
}
