using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Resolving;

/// <summary>Represents the options of a <see cref="HostResolver"/>, which copies and validates them: later changes have no effect. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class HostResolverOptions
{
    /// <summary>Gets or sets the time between two lookups of a host name. After a failed lookup it is 0.25 s to 0.5 s, and doubles up to this. Default: 5 s.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the time after which a lookup of a host name counts as failed. Default: 5 s.</summary>
    public TimeSpan LookupTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the lookup of host names. Default: <see cref="IHostLookup.Default"/>, which uses the operating system.</summary>
    public IHostLookup HostLookup { get; set; } = IHostLookup.Default;

    /// <summary>Gets or sets the clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the generator of the jitter of retries, which is used under a lock on itself. Null, the default: a fast one that all threads share.</summary>
    public Random? Random { get; set; }

    /// <summary>Gets or sets the logger. Default: nothing is logged.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    internal HostResolverOptions Copy() => (HostResolverOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Timer(RefreshInterval);
        validator.Timer(LookupTimeout);
        validator.NotNull(HostLookup);
        validator.NotNull(TimeProvider);
        validator.NotNull(Logger);
    }
}
