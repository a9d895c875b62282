using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

/// <summary>How an engine is made.</summary>
public sealed record TransportOptions
{
    /// <summary>Which one. Default: <see cref="TransportEngine.Auto"/>.</summary>
    public TransportEngine Engine { get; init; }

    /// <summary>Event loops of the epoll engine, a thread each; at least 1. Default: one for each processor that the process may use.</summary>
    public int? Loops { get; init; }

    /// <summary>A loop that has been busy for so long without looking for events is logged as stuck. Default: 1 s; at least 10 ms.</summary>
    public TimeSpan StuckAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock of the Sockets engine; default: the system's. Event loops run on the system's alone.</summary>
    public TimeProvider? TimeProvider { get; init; }

    /// <summary>Where engines log; default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Where engines make their instruments; default: nowhere.</summary>
    public Meter? Meter { get; init; }
}
