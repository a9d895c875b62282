using Linkerd.Tcp.Cli.Logging;
using Linkerd.Tcp.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>Specifies the phase of the process.</summary>
internal enum ServingPhase
{
    /// <summary>Listeners are being bound.</summary>
    Starting,

    /// <summary>All listeners accept.</summary>
    Serving,

    /// <summary>No listener accepts; sessions have the grace period to finish.</summary>
    Draining,
}

/// <summary>Provides what the admin server shows and does. The functions may be called from any thread.</summary>
internal sealed class AdminServices
{
    /// <summary>Gets the configuration of the server itself.</summary>
    public required AdminConfiguration Options { get; init; }

    /// <summary>Gets the proxy.</summary>
    public required ProxyHost Host { get; init; }

    /// <summary>Gets the configuration in force.</summary>
    public required Func<ProxyConfiguration> Configuration { get; init; }

    /// <summary>Gets the text of the configuration in force, without secrets, and its media type.</summary>
    public required Func<(string Text, string MediaType)> PrintConfiguration { get; init; }

    /// <summary>Gets the phase of the process.</summary>
    public required Func<ServingPhase> Phase { get; init; }

    /// <summary>Gets the levels of the log.</summary>
    public required LogLevels Levels { get; init; }

    /// <summary>Reads configuration and files again, and applies them; returns the problems, which are empty if it was done, and the keys that cannot change while the process runs.</summary>
    public required Func<Task<(IReadOnlyList<string> Problems, IReadOnlyList<string> NotApplied)>> ReloadAsync { get; init; }

    /// <summary>Requests a drain and the end of the process after it.</summary>
    public required Action Shutdown { get; init; }

    /// <summary>Requests the end of the process at once.</summary>
    public required Action Abort { get; init; }

    /// <summary>Adds <c>/metrics</c>; null if there are no metrics.</summary>
    public Func<IEndpointRouteBuilder, IEndpointConventionBuilder>? MapMetrics { get; init; }

    /// <summary>Gets the loggers.</summary>
    public required ILoggerFactory LoggerFactory { get; init; }

    /// <summary>Gets the clock.</summary>
    public required TimeProvider TimeProvider { get; init; }
}
