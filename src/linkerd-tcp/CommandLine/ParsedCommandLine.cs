using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>The request of a command line. A closed set.</summary>
internal abstract record ParsedCommandLine
{
    private ParsedCommandLine()
    {
    }

    /// <summary>Runs a proxy.</summary>
    public sealed record Run(ProxyConfiguration Configuration) : ParsedCommandLine;

    /// <summary>Runs a proxy that a file configures.</summary>
    /// <param name="File">The path; <c>-</c> for standard input.</param>
    /// <param name="IsWatched">True if the file is watched, whatever it has.</param>
    public sealed record RunFile(string File, bool IsWatched = false) : ParsedCommandLine;

    /// <summary>Checks a configuration file.</summary>
    /// <param name="File">The path; <c>-</c> for standard input.</param>
    public sealed record CheckFile(string File) : ParsedCommandLine;

    /// <summary>Shows the configuration of a file, with defaults.</summary>
    /// <param name="File">The path; <c>-</c> for standard input.</param>
    /// <param name="IsJson">True for JSON, false for YAML.</param>
    /// <param name="ShowSecrets">True if secrets are printed.</param>
    public sealed record ShowFile(string File, bool IsJson, bool ShowSecrets) : ParsedCommandLine;

    /// <summary>Shows how a name is bound.</summary>
    public sealed record Resolve(ResolveSettings Settings) : ParsedCommandLine;

    /// <summary>Checks a dtab.</summary>
    /// <param name="File">The path; <c>-</c> for standard input.</param>
    public sealed record CheckDtab(string File) : ParsedCommandLine;

    /// <summary>Shows a text: help, or the version.</summary>
    public sealed record ShowText(string Text) : ParsedCommandLine;

    /// <summary>A wrong command line: at least one line describes an error.</summary>
    /// <param name="Errors">The lines.</param>
    /// <param name="Usage">The line of the help text.</param>
    public sealed record Wrong(IReadOnlyList<string> Errors, string Usage) : ParsedCommandLine;
}
