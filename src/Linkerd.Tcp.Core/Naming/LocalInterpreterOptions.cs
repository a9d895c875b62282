using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents the options of a <see cref="LocalInterpreter"/>, which copies and validates them: later changes have no effect. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class LocalInterpreterOptions
{
    /// <summary>
    /// The dtab that names are bound by; <see cref="LocalInterpreter.Dtab"/> replaces it later. Default: empty, so that only names that namers know bind.
    /// </summary>
    public Dtab Dtab { get; set; } = Dtab.Empty;

    /// <summary>
    /// Namers besides the ones that are built in, such as a <c>FileNamer</c>. Where the dtab has no entry for a name they are asked in this order; a negative
    /// answer goes on to the next. Default: none.
    /// </summary>
    public IReadOnlyList<Namer> Namers { get; set; } = [];

    /// <summary>The time between two lookups of a host name. After a failed one it is 0.25 s to 0.5 s, and doubles up to this. Default: 5 s, as in linkerd.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A lookup of a host name that takes longer counts as failed. Default: 5 s.</summary>
    public TimeSpan LookupTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How host names are looked up. Default: by the operating system, on at most 16 background threads that all users of the default share; hosts that are
    /// asked for the first time come first, one question at a time is asked for a host, and one that takes longer than 30 s fails.
    /// </summary>
    public IHostLookup HostLookup { get; set; } = DnsHostLookup.Instance;

    /// <summary>The clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where the jitter of retries comes from. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; set; } = RandomSource.Shared;

    /// <summary>Where it logs. Default: nowhere.</summary>
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
        validator.NotNull(Random);
        validator.NotNull(Logger);
    }
}
