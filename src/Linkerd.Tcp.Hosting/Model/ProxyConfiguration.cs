using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents the configuration of a process: its routers, and settings that all of them share. Plain data; see <see cref="ConfigurationTable"/> for ranges and keys.</summary>
public sealed class ProxyConfiguration
{
    /// <summary>Gets or sets the routers; at least one. Required.</summary>
    public IReadOnlyList<RouterConfiguration> Routers { get; set; } = [];

    /// <summary>Gets or sets the admin server; null, the default, for none.</summary>
    public AdminConfiguration? Admin { get; set; }

    /// <summary>Gets or sets the engine that carries connections. Default: <see cref="TransportEngine.Auto"/>.</summary>
    public TransportEngine Transport { get; set; }

    /// <summary>Gets or sets the number of event loops of the epoll engine, 1 to 1024; null, the default, for one for each processor.</summary>
    public int? Loops { get; set; }

    /// <summary>Gets or sets the library that runs TLS with clients and with endpoints; the admin server and namerd always have .NET's. Default: <see cref="TlsProviderKind.Auto"/>.</summary>
    public TlsProviderKind TlsProvider { get; set; }

    /// <summary>Gets or sets the largest number of sessions of a router at once; null, the default, for half of the descriptors that the process may have, less 100.</summary>
    public int? MaxSessions { get; set; }

    /// <summary>Gets or sets the number of bytes that are held of each direction of a session. Default: 64 KiB.</summary>
    public int BufferSizeBytes { get; set; } = 64 * 1024;

    /// <summary>Gets or sets the time after which a connection ends if its peer acknowledges nothing (TCP_USER_TIMEOUT). Default: <see cref="Timeout.InfiniteTimeSpan"/>, which is off.</summary>
    public TimeSpan TcpUserTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Gets or sets the time that sessions have to finish when the process is stopped. Default: 10 s.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the time between two summaries of all metrics in the log. Default: <see cref="Timeout.InfiniteTimeSpan"/>, which is off.</summary>
    public TimeSpan StatsInterval { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>Gets or sets a value that indicates whether the file of the configuration is watched, and reloaded when it changes. Default: false.</summary>
    public bool WatchConfig { get; set; }

    /// <summary>Gets or sets the access log; null, the default, for none.</summary>
    public AccessLogConfiguration? AccessLog { get; set; }

    /// <summary>Gets or sets the settings of metrics.</summary>
    public MetricsConfiguration Metrics { get; set; } = new();
}
