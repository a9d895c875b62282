using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents the options of a <see cref="CachingResolver"/>, which copies and validates them: later changes have no effect. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class CachingResolverOptions
{
    private static readonly TimeSpan MaxTimer = TimeSpan.FromDays(49);

    /// <summary>The directory, which is made where it is missing. One file a name. Several processes may share it where their <see cref="Scope"/> is the same.</summary>
    public required string Directory { get; set; }

    /// <summary>
    /// What else decides what a name means, such as the namespace and the dtab: what was remembered under another scope is not used. Default: empty.
    /// </summary>
    public string Scope { get; set; } = string.Empty;

    /// <summary>How long the first answer may take before what is remembered is used; a failure ends the wait at once. Not negative. Default: 1 s.</summary>
    public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The least time between two writes for one name; a change within it is written at its end. Not negative. Default: 1 s.</summary>
    public TimeSpan WriteInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    internal CachingResolverOptions Copy() => (CachingResolverOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(!string.IsNullOrWhiteSpace(Directory), Directory, "a directory");
        validator.NotNull(Scope);
        validator.Expect(Wait >= TimeSpan.Zero && Wait <= MaxTimer, Wait, "zero to 49 days");
        validator.Expect(WriteInterval >= TimeSpan.Zero && WriteInterval <= MaxTimer, WriteInterval, "zero to 49 days");
        validator.NotNull(TimeProvider);
        validator.NotNull(Logger);
    }
}
