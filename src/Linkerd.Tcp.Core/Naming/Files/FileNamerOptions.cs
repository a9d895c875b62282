using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents the options of a <see cref="FileNamer"/>, which copies and validates them: later changes have no effect. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class FileNamerOptions
{
    /// <summary>What its names start with. Default: <c>/#/io.l5d.fs</c>.</summary>
    public DstPath Prefix { get; set; } = DstPath.Parse("/#/io.l5d.fs");

    /// <summary>
    /// A file is applied when it has stayed unchanged for so long (length, times and inode), so that a half-written file is not taken for an empty one; and so
    /// it is with one that is gone, which may be about to be written anew. A file that is already that old when its name is first looked up is applied at
    /// once. Default: 100 ms.
    /// </summary>
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// A file that never stays unchanged for the <see cref="SettleTime"/> is applied after this time all the same, and after twice this time even where no
    /// endpoint can be read in it. Default: 2 s.
    /// </summary>
    public TimeSpan MaxSettleTime { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The time between two looks at every file that is in use, for changes that the operating system did not tell of. Default: 10 s.</summary>
    public TimeSpan RescanInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time between two looks at what the operating system is known not to tell of: files behind symbolic links, whether the directory is still the same
    /// one, and all files in use where the directory cannot be watched. Default: 1 s.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How host names in files are looked up. Default: by the operating system.</summary>
    public IHostLookup HostLookup { get; set; } = DnsHostLookup.Instance;

    /// <summary>The time between two lookups of a host name. After a failed one it is 0.25 s to 0.5 s, and doubles up to this. Default: 5 s.</summary>
    public TimeSpan HostRefreshInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A lookup of a host name that takes longer counts as failed. Default: 5 s.</summary>
    public TimeSpan HostLookupTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where the jitter of the retries of host lookups comes from. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; set; } = RandomSource.Shared;

    /// <summary>Where it logs. Default: nowhere.</summary>
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
        validator.NotNull(Random);
        validator.NotNull(Logger);
    }
}
