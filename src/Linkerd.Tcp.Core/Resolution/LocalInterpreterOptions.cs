using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>How a <see cref="LocalInterpreter"/> looks names up.</summary>
public sealed record LocalInterpreterOptions
{
    /// <summary>The defaults.</summary>
    public static LocalInterpreterOptions Default { get; } = new();

    /// <summary>The time between two lookups of a host name. After a failed one it is 0.25 s to 0.5 s, and doubles up to this. Default: 5 s, as in linkerd.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A lookup of a host name that takes longer counts as failed. Default: 5 s.</summary>
    public TimeSpan LookupTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How host names are looked up. Default: by the operating system.</summary>
    public IHostLookup HostLookup { get; init; } = DnsHostLookup.Instance;

    /// <summary>The clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the jitter of retries comes from. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; init; } = RandomSource.Shared;

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
