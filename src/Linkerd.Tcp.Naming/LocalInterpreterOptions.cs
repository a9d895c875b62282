using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents the options of a <see cref="LocalInterpreter"/>, which copies and validates them: later changes have no effect. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class LocalInterpreterOptions
{
    /// <summary>
    /// Gets or sets the dtab that names are bound by; <see cref="LocalInterpreter.Dtab"/> replaces it later. Default: empty, so that only names of namers bind.
    /// </summary>
    public Dtab Dtab { get; set; } = Dtab.Empty;

    /// <summary>
    /// Gets or sets the namers besides the built-in ones, such as a <c>FileNamer</c>. If the dtab has no entry for a name, they are tried in this order; a negative
    /// answer goes on to the next. Default: none.
    /// </summary>
    public IReadOnlyList<Namer> Namers { get; set; } = [];

    /// <summary>Gets or sets the time between two lookups of a host name. After a failed one it is 0.25 s to 0.5 s, and doubles up to this. Default: 5 s, as in linkerd.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the time after which a lookup of a host name counts as failed. Default: 5 s.</summary>
    public TimeSpan LookupTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets the lookup of host names. Default: <see cref="IHostLookup.Default"/>, which uses the operating system.
    /// </summary>
    public IHostLookup HostLookup { get; set; } = IHostLookup.Default;

    /// <summary>Gets or sets the clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the generator of the jitter of retries, which is used under a lock on itself. Null, the default: a fast one that all threads share.</summary>
    public Random? Random { get; set; }

    /// <summary>Gets or sets the logger. Default: nothing is logged.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    internal LocalInterpreterOptions Copy()
    {
        var copy = (LocalInterpreterOptions)MemberwiseClone();
        copy.Namers = Namers is null ? null! : [.. Namers];
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.NotNull(Dtab);
        validator.Each(Namers);
        validator.Timer(RefreshInterval);
        validator.Timer(LookupTimeout);
        validator.NotNull(HostLookup);
        validator.NotNull(TimeProvider);
        validator.NotNull(Logger);
    }
}
