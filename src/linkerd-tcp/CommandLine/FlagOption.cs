using System.CommandLine;

namespace Linkerd.Tcp.Cli;

/// <summary>An option that takes no value.</summary>
internal sealed class FlagOption(char? shortName, string name, string help) : CliOption(shortName, name, help)
{
    private Option<bool>? _symbol;

    /// <inheritdoc/>
    public override Option Symbol => _symbol ??= new Option<bool>(LongName, Aliases) { Arity = ArgumentArity.Zero };

    /// <summary>Whether it was given; twice is once.</summary>
    public override bool IsGiven(ParseResult result) => result.GetResult(Symbol) is { Implicit: false };
}
