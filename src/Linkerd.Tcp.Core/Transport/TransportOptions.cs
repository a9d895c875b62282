using System.Diagnostics.Metrics;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport;

/// <summary>Represents the options of an engine, which are copied and validated when it is created: later changes have no effect.</summary>
public sealed class TransportOptions
{
    // Each loop is a thread.
    private const int MaxLoops = 1024;

    /// <summary>Gets or sets the engine. Default: <see cref="TransportEngine.Auto"/>.</summary>
    public TransportEngine Engine { get; set; }

    /// <summary>Gets or sets the number of event loops of the epoll engine, each of which is a thread; 1 to 1024. Default: null, one for each processor that the process may use.</summary>
    public int? Loops { get; set; }

    /// <summary>Gets or sets the time after which a loop that has been busy without looking for events is logged as stuck; 10 ms to 49 days. Default: 1 s.</summary>
    public TimeSpan StuckAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the clock of the Sockets engine. Default: null, the system's. Event loops always use the system's clock.</summary>
    internal TimeProvider? TimeProvider { get; set; }

    /// <summary>Gets or sets the factory of the engines' loggers. Default: null, nothing is logged.</summary>
    internal ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Gets or sets the meter of the engines' instruments. Default: null, none are created.</summary>
    internal Meter? Meter { get; set; }

    internal TransportOptions Copy() => (TransportOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Defined<TransportEngine>(Engine);
        validator.Range(Loops, 1, MaxLoops);
        validator.Expect(StuckAfter >= TimeSpan.FromMilliseconds(10) && StuckAfter <= OptionsValidator.MaxTimer, StuckAfter, "10 ms to 49 days");
    }
}
