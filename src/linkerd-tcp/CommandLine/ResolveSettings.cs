namespace Linkerd.Tcp.Cli;

/// <summary>A command line of <c>resolve</c>, checked.</summary>
internal sealed record ResolveSettings
{
    public required NamingSettings Naming { get; init; }

    /// <summary>Whether changes are printed until a signal comes.</summary>
    public required bool Watch { get; init; }

    /// <summary>How long the name may be pending; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: for ever.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Whether documents are printed, for programs.</summary>
    public required bool Json { get; init; }
}
