using System.Net;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the configuration of a server: an address to listen on, the target of its sessions, and their limits. <see cref="Timeout.InfiniteTimeSpan"/> turns a limit off.</summary>
public sealed class ServerConfiguration
{
    /// <summary>Gets or sets the IP address to listen on. Default: 127.0.0.1.</summary>
    public IPAddress Ip { get; set; } = IPAddress.Loopback;

    /// <summary>Gets or sets the port to listen on, 0 to 65535; 0 is any free port. Required.</summary>
    public int? Port { get; set; }

    /// <summary>Gets or sets the target of all sessions that no route of <see cref="SniRoutes"/> fits: a name, or a tree of names. Required if there are no routes; without it other sessions are refused.</summary>
    public NameTree? DstName { get; set; }

    /// <summary>Gets or sets the routes by the server names and application protocols of clients' TLS handshakes. Default: none.</summary>
    public IReadOnlyList<SniRouteConfiguration> SniRoutes { get; set; } = [];

    /// <summary>Gets or sets TLS between clients and the server; null, the default, for none: bytes are copied as they are.</summary>
    public ServerTlsConfiguration? Tls { get; set; }

    /// <summary>Gets or sets the longest time from accept to a server connection, resolution and all attempts included. Default: 10 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the time without a byte either way after which a session ends. Default: off.</summary>
    public TimeSpan IdleTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Gets or sets the time without a byte after which a session ends if one of its directions has ended. Default: 60 s.</summary>
    public TimeSpan HalfCloseTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets the time from the client's first byte to the server's first. Default: off.</summary>
    public TimeSpan FirstByteTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Gets or sets the age at which a session ends, varied by up to a tenth. Default: off.</summary>
    public TimeSpan ConnectionLifetime { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Gets or sets the largest number of sessions at once; 0, the default, for no limit but that of the process.</summary>
    public int MaxConcurrency { get; set; }

    /// <summary>Gets or sets the largest number of connections that the kernel completes before they are accepted; null, the default, for as many as it allows.</summary>
    public int? Backlog { get; set; }

    /// <summary>Gets or sets the largest number of sessions that begin in a second; null, the default, for no limit.</summary>
    public double? AcceptRate { get; set; }

    /// <summary>Gets or sets the number of sessions that may begin at once in spite of <see cref="AcceptRate"/>; null, the default, for one second's worth.</summary>
    public int? AcceptBurst { get; set; }

    /// <summary>Gets or sets the largest number of sessions of one client address at once; 0, the default, for no limit.</summary>
    public int MaxSessionsPerClient { get; set; }

    /// <summary>Gets or sets the networks of the proxies that send a PROXY header; null, the default, for none.</summary>
    public ClientNetworks? AcceptProxy { get; set; }

    /// <summary>Gets or sets a value that indicates whether peers outside <see cref="AcceptProxy"/> are accepted as clients themselves. Default: false, they are reset.</summary>
    public bool AcceptUntrusted { get; set; }

    /// <summary>Gets or sets the networks of the clients that may connect; null, the default, for all.</summary>
    public ClientNetworks? AllowClients { get; set; }

    /// <summary>Gets or sets the networks of clients that may not connect, whatever <see cref="AllowClients"/> has; null, the default, for none.</summary>
    public ClientNetworks? DenyClients { get; set; }

    /// <summary>Gets or sets a value that indicates whether a client that sends its FIN while its session waits for a server connection is treated as gone. Default: false.</summary>
    public bool AbortOnClose { get; set; }
}
