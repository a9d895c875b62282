using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents the options of a <see cref="FileNamer"/>, which copies and validates them: later changes have no effect. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class FileNamerOptions
{
    /// <summary>Gets or sets the labels that its names begin with. Default: <c>/#/io.l5d.fs</c>.</summary>
    public DstPath Prefix { get; set; } = DstPath.Parse("/#/io.l5d.fs");

    /// <summary>
    /// Gets or sets the time that a file must stay unchanged (length, times and inode) before it is applied, so that a half-written file is not taken for an empty one; the same
    /// holds for a file that is gone, which may be about to be written again. A file that is already that old when its name is first looked up is applied at
    /// once. Default: 100 ms.
    /// </summary>
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Gets or sets the time after which a file is applied that never stays unchanged for the <see cref="SettleTime"/>; after twice this time it is applied even if no
    /// endpoint can be read in it. Default: 2 s.
    /// </summary>
    public TimeSpan MaxSettleTime { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets the time between two scans of all files in use, for changes that the operating system did not report. Default: 10 s.</summary>
    public TimeSpan RescanInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets or sets the time between two scans for changes that the operating system does not report: files behind symbolic links, whether the directory is still the same
    /// one, and all files in use if the directory cannot be watched. Default: 1 s.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the lookup of host names in files. Default: <see cref="IHostLookup.Default"/>, which uses the operating system.</summary>
    public IHostLookup HostLookup { get; set; } = IHostLookup.Default;

    /// <summary>Gets or sets the time between two lookups of a host name. After a failed one it is 0.25 s to 0.5 s, and doubles up to this. Default: 5 s.</summary>
    public TimeSpan HostRefreshInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the time after which a lookup of a host name counts as failed. Default: 5 s.</summary>
    public TimeSpan HostLookupTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the generator of the jitter of the retries of host lookups, which is used under a lock on itself. Null, the default: a fast one that all threads share.</summary>
    public Random? Random { get; set; }

    /// <summary>Gets or sets the logger. Default: nothing is logged.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    internal FileNamerOptions Copy() => (FileNamerOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.NotNull(Prefix);
        validator.Timer(SettleTime);
        validator.Timer(MaxSettleTime);
        validator.Timer(RescanInterval);
        validator.Timer(PollInterval);
        validator.NotNull(HostLookup);
        validator.Timer(HostRefreshInterval);
        validator.Timer(HostLookupTimeout);
        validator.NotNull(TimeProvider);
        validator.NotNull(Logger);
    }
}
