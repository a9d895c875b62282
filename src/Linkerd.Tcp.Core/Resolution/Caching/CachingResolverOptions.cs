using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>How a <see cref="CachingResolver"/> remembers.</summary>
public sealed record CachingResolverOptions
{
    /// <summary>The directory, which is made where it is missing. One file a name. Several processes may share it where their <see cref="Scope"/> is the same.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// What else decides what a name means, such as the namespace and the dtab: what was remembered under another scope is not used. Default: empty.
    /// </summary>
    public string Scope { get; init; } = string.Empty;

    /// <summary>How long the first answer may take before what is remembered is used; a failure ends the wait at once. Not negative. Default: 1 s.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The least time between two writes for one name; a change within it is written at its end. Not negative. Default: 1 s.</summary>
    public TimeSpan WriteInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
