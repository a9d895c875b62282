using System.Net;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents the configuration of the admin server: its address, and the access to it. Plain data; this package has no such server, the executable has.
/// Off loopback it must have TLS, and everything but probes and metrics needs a token.
/// </summary>
public sealed class AdminConfiguration
{
    /// <summary>Gets or sets the IP address to listen on. Default: 127.0.0.1.</summary>
    public IPAddress Ip { get; set; } = IPAddress.Loopback;

    /// <summary>Gets or sets the port to listen on, 0 to 65535; 0 is any free port. Default: 9989.</summary>
    public int Port { get; set; } = 9989;

    /// <summary>Gets or sets the path of a Unix-domain socket to listen on in place of an address; only the user of the process may connect. Null, the default, for none.</summary>
    public string? Socket { get; set; }

    /// <summary>Gets or sets the path of a file with the token of actions. Null, the default: there is none, and actions are refused, except on a socket or with <see cref="OpenLoopback"/>.</summary>
    public string? TokenFile { get; set; }

    /// <summary>Gets or sets a value that indicates whether actions need no token on a loopback address. Default: false.</summary>
    public bool OpenLoopback { get; set; }

    /// <summary>Gets or sets the host names and addresses that requests may have besides those of loopback and <see cref="Ip"/>. Default: none.</summary>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <summary>Gets or sets the identity for TLS; null, the default, for none.</summary>
    public IdentityConfiguration? Tls { get; set; }

    /// <summary>Gets or sets the time that sessions have to finish after a request to stop; null, the default, for <see cref="ProxyConfiguration.Grace"/>.</summary>
    public TimeSpan? Grace { get; set; }

    /// <summary>Gets or sets a value that indicates whether the process is ready only once each name of its servers was resolved. Default: false.</summary>
    public bool ReadyWhenResolved { get; set; }
}
