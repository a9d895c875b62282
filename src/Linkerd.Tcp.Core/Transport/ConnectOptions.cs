using System.Net;

namespace Linkerd.Tcp;

/// <summary>How one connection is made. A value, so that an attempt allocates none; made by <c>new()</c>, not by <c>default</c>.</summary>
public readonly record struct ConnectOptions
{
    /// <summary>All defaults.</summary>
    public ConnectOptions()
    {
    }

    /// <summary>The connection on whose loop the new one shall live; null: anywhere. An engine without loops ignores it.</summary>
    public TransportConnection? Near { get; init; }

    /// <summary>How long the attempt may take. Default: no limit but the operating system's.</summary>
    public TimeSpan Timeout { get; init; } = System.Threading.Timeout.InfiniteTimeSpan;

    /// <summary>
    /// The local address to connect from; null, the default: the operating system chooses. Ignored where the target is an address of the other family
    /// (IPv4 and IPv6; an IPv4-mapped address is IPv6) or a Unix-domain socket. An address that is not one of this machine's, or has no port left for the
    /// target, fails the attempt with <see cref="ConnectFailure.LocalResources"/> and a <see cref="ConnectResult.Detail"/> that names the address.
    /// </summary>
    /// <remarks>
    /// The port is the operating system's choice. On Linux it chooses when it connects (IP_BIND_ADDRESS_NO_PORT, ip(7)), so one port serves
    /// connections to many targets, as without this option; elsewhere a port is taken from all targets at once, so that there
    /// are as many connections per source address as ephemeral ports.
    /// </remarks>
    public IPAddress? Source { get; init; }

    /// <summary>How the connection is set up, which is neither copied nor validated for each attempt; null, the default: with the defaults of <see cref="TcpOptions"/>.</summary>
    public TcpOptions? Tcp { get; init; }

    internal TcpOptions TcpOrDefaults => Tcp ?? TcpOptions.Defaults;
}
