using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents the options of a <see cref="CachingResolver"/>, which copies and validates them: later changes have no effect. Time spans are at most 49 days, as timers cannot be set to more.</summary>
public sealed class CachingResolverOptions
{
    private static readonly TimeSpan MaxTimer = TimeSpan.FromDays(49);

    /// <summary>Gets or sets the directory, which is created if it does not exist. One file for each name. Several processes may share it if their <see cref="Scope"/> is the same.</summary>
    public required string Directory { get; set; }

    /// <summary>
    /// Gets or sets the other inputs that the meaning of a name depends on, such as the namespace and the dtab. Resolutions that were stored under another scope are not used. Default: empty.
    /// </summary>
    public string Scope { get; set; } = string.Empty;

    /// <summary>Gets or sets the time to wait for the first answer before the stored resolution is used; a failure ends the wait at once. Not negative. Default: 1 s.</summary>
    public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the shortest time between two writes for one name; a change within it is written at its end. Not negative. Default: 1 s.</summary>
    public TimeSpan WriteInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the logger. Default: <see cref="NullLogger.Instance"/>.</summary>
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
