using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>What a command line asks for. A closed set.</summary>
internal abstract record ParsedCommandLine
{
    private ParsedCommandLine()
    {
    }

    /// <summary>A proxy.</summary>
    public sealed record Run(ProxyConfiguration Configuration) : ParsedCommandLine;

    /// <summary>How a name is bound.</summary>
    public sealed record Resolve(ResolveSettings Settings) : ParsedCommandLine;

    /// <summary>A check of a dtab.</summary>
    /// <param name="File">Where it is; <c>-</c>: standard input.</param>
    public sealed record CheckDtab(string File) : ParsedCommandLine;

    /// <summary>A text: help, or the version.</summary>
    public sealed record ShowText(string Text) : ParsedCommandLine;

    /// <summary>Nothing that can be done: at least one line says why.</summary>
    /// <param name="Errors">The lines.</param>
    /// <param name="Usage">The line of the help text.</param>
    public sealed record Wrong(IReadOnlyList<string> Errors, string Usage) : ParsedCommandLine;
}
