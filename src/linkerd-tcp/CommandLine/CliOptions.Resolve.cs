namespace Linkerd.Tcp.Cli;

/// <content>The options of <c>resolve</c> that the proxy does not have.</content>
internal static partial class CliOptions
{
    public static FlagOption Watch { get; } = new(null, "watch", "Go on printing what changes, until a signal comes or nobody reads it any more");

    public static ValueOption<TimeSpan> ResolveTimeout { get; } = Duration(
        "timeout", "How long the name may be pending; with --watch it is said once, and waited on", "5s");

    public static FlagOption Json { get; } = new(null, "json", "Print one document on one line, with --watch one a change");

    /// <summary>What it has of its own, in the order of the help text.</summary>
    public static IReadOnlyList<CliOption> OfResolve => [Watch, ResolveTimeout, Json];

    /// <summary>What it shares with the proxy, in the order of the help text.</summary>
    public static IReadOnlyList<CliOption> Naming => [NamerdAddress, NamerdInterval, NamerdNamespace, .. LocalNaming, .. NamerdNaming];
}
