using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting;

/// <summary>Provides what a kind of interpreter needs besides its configuration.</summary>
/// <param name="targets">The targets whose names are resolved; the trees among them are the interpreter's to bind.</param>
/// <param name="loggerFactory">Where to log.</param>
/// <param name="timeProvider">The clock.</param>
public sealed class NamingContext(IReadOnlyList<NamedTarget> targets, ILoggerFactory loggerFactory, TimeProvider timeProvider)
{
    /// <summary>Gets the targets whose names are resolved.</summary>
    public IReadOnlyList<NamedTarget> Targets => targets;

    /// <summary>Gets where to log.</summary>
    public ILoggerFactory LoggerFactory => loggerFactory;

    /// <summary>Gets the clock.</summary>
    public TimeProvider TimeProvider => timeProvider;
}
