using Linkerd.Tcp.Cli.Naming;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>A command line of <c>resolve</c>.</summary>
internal sealed class ResolveSettings
{
    public required TargetNaming Naming { get; init; }

    /// <summary>True if changes are printed until a signal comes.</summary>
    public bool Watch { get; set; }

    /// <summary>The longest time for which the name may be pending; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for no limit.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>True if documents are printed, for programs.</summary>
    public bool Json { get; set; }
}
