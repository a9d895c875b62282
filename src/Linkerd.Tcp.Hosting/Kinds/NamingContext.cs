using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting;

/// <summary>Provides the context of an interpreter besides its configuration. Immutable; any thread.</summary>
/// <param name="targets">The targets whose names are resolved; the interpreter binds the trees among them.</param>
/// <param name="loggerFactory">The factory of loggers.</param>
/// <param name="timeProvider">The clock.</param>
public sealed class NamingContext(IReadOnlyList<NamedTarget> targets, ILoggerFactory loggerFactory, TimeProvider timeProvider)
{
    /// <summary>Gets the targets whose names are resolved.</summary>
    public IReadOnlyList<NamedTarget> Targets => targets;

    /// <summary>Gets the factory of loggers.</summary>
    public ILoggerFactory LoggerFactory => loggerFactory;

    /// <summary>Gets the clock.</summary>
    public TimeProvider TimeProvider => timeProvider;
}
