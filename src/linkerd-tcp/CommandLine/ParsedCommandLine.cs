namespace Linkerd.Tcp.Cli;

/// <summary>What a command line asks for. A closed set.</summary>
internal abstract record ParsedCommandLine
{
    private ParsedCommandLine()
    {
    }

    /// <summary>A proxy.</summary>
    public sealed record Run(ProxySettings Settings) : ParsedCommandLine;

    /// <summary>The help text.</summary>
    public sealed record ShowHelp : ParsedCommandLine;

    /// <summary>The version.</summary>
    public sealed record ShowVersion : ParsedCommandLine;

    /// <summary>Nothing that can be done: at least one line says why.</summary>
    public sealed record Wrong(IReadOnlyList<string> Errors) : ParsedCommandLine;
}
