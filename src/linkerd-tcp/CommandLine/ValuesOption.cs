using System.CommandLine;

namespace Linkerd.Tcp.Cli;

/// <summary>An option with a value that may be given several times, each time with another value.</summary>
/// <param name="shortName">One letter, or null.</param>
/// <param name="name">The long name, without dashes.</param>
/// <param name="valueName">What the help calls the value.</param>
/// <param name="help">What it does.</param>
/// <param name="defaultText">The one value if none is given.</param>
/// <param name="parse">Reads a value; throws <see cref="InvalidValueException"/>.</param>
/// <typeparam name="T">What a value is read into.</typeparam>
internal sealed class ValuesOption<T>(char? shortName, string name, string valueName, string help, string defaultText, Func<string, T> parse)
    : CliOption(shortName, name, help)
    where T : notnull
{
    private Option<string[]>? _symbol;

    /// <inheritdoc/>
    public override string Usage => $"{base.Usage} <{valueName}>";

    /// <inheritdoc/>
    public override string Help => $"{base.Help} [default: {defaultText}]";

    // A value may be missing for the parser, so that the message for it is ours.
    /// <inheritdoc/>
    public override Option Symbol => _symbol ??= new Option<string[]>(LongName, Aliases) { Arity = ArgumentArity.ZeroOrMore };

    /// <inheritdoc/>
    public override bool IsGiven(ParseResult result) => result.GetResult(Symbol) is { Implicit: false };

    /// <summary>The values in their order, or the default.</summary>
    /// <param name="result">What was parsed.</param>
    /// <param name="errors">Gets a line for each value that is wrong, and if one is missing; the return value means nothing then.</param>
    public IReadOnlyList<T> Read(ParseResult result, List<string> errors)
    {
        List<string> texts = [defaultText];
        if (result.GetResult(Symbol) is { Implicit: false } given)
        {
            texts = [.. given.Tokens.Select(token => token.Value)];
            if (texts.Count < given.IdentifierTokenCount)
            {
                errors.Add($"{LongName} has no value; expected {LongName} <{valueName}>");
                return [];
            }
        }

        var values = new List<T>();
        foreach (var text in texts)
        {
            try
            {
                values.Add(parse(text));
            }
            catch (InvalidValueException error)
            {
                errors.Add($"{LongName} '{text}': {error.Message}");
            }
        }

        return values;
    }
}
