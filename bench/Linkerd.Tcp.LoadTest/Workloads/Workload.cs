using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Reporting;
using Linkerd.Tcp.LoadTest.Running;
using Linkerd.Tcp.LoadTest.Tls;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>A kind of load with its parameters.</summary>
internal abstract record Workload(string Name, int Connections)
{
    public const double MicrosecondsPerSecond = 1e6;
    public const double BytesPerGigabyte = 1e9;

    /// <summary>The connections with TLS.</summary>
    public TlsSides Tls { get; init; }

    /// <summary>Whether clients and backend let TLS sessions be resumed.</summary>
    public bool Resumes { get; init; } = true;

    /// <summary>The most that a figure of linkerd-tcp with epoll may be, relative to the better peer, if there is a limit.</summary>
    public Limit? Limit { get; init; }

    /// <summary>The name of all workloads with the same connections in TLS.</summary>
    public string Group => Tls switch
    {
        TlsSides.None => "plain",
        TlsSides.Client => "terminate",
        TlsSides.Server => "originate",
        _ => "both",
    };

    /// <summary>Drives the load and measures. The backend runs, and the proxy is ready.</summary>
    public abstract RunResult Run(LoadSession session);

    /// <summary>A cost by what was done, or nothing where nothing was.</summary>
    protected static double? Per(double cost, double count) => count > 0 ? cost / count : null;

    /// <summary>The same with other parameters, where they were given.</summary>
    public virtual Workload With(int? connections, int? bytes, long? bulkRate) => this with { Connections = connections ?? Connections };
}
