using System.CommandLine;

namespace Linkerd.Tcp.Cli;

/// <summary>One option: what the parser looks for, and its line of the help text.</summary>
/// <param name="shortName">One letter, or null.</param>
/// <param name="name">The long name, without dashes.</param>
/// <param name="help">What it does.</param>
internal abstract class CliOption(char? shortName, string name, string help)
{
    /// <summary>The long name, with its dashes.</summary>
    public string LongName { get; } = "--" + name;

    /// <summary>Both names as the help text has them.</summary>
    public virtual string Usage => shortName is { } letter ? $"-{letter}, {LongName}" : LongName;

    /// <summary>What it does, and its default where it has one.</summary>
    public virtual string Help => help;

    /// <summary>The library's own view of it.</summary>
    public abstract Option Symbol { get; }

    /// <summary>Whether it was given.</summary>
    public abstract bool IsGiven(ParseResult result);

    /// <summary>Every name with its dashes.</summary>
    protected string[] Aliases => shortName is { } letter ? [$"-{letter}"] : [];
}
