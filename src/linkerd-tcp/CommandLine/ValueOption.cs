using System.CommandLine;

namespace Linkerd.Tcp.Cli;

/// <summary>An option with a value. The default is a text too, so what the help says is what is used.</summary>
/// <param name="shortName">One letter, or null.</param>
/// <param name="name">The long name, without dashes.</param>
/// <param name="valueName">What the help calls the value.</param>
/// <param name="help">What it does.</param>
/// <param name="defaultText">The value where none is given.</param>
/// <param name="parse">Reads the value; throws <see cref="InvalidValueException"/>.</param>
/// <typeparam name="T">What the value is read into.</typeparam>
internal sealed class ValueOption<T>(char? shortName, string name, string valueName, string help, string defaultText, Func<string, T> parse)
    : CliOption(shortName, name, help)
{
    private Option<string>? _symbol;

    /// <inheritdoc/>
    public override string Usage => $"{base.Usage} <{valueName}>";

    /// <inheritdoc/>
    public override string Help => $"{base.Help} [default: {defaultText}]";

    // The value may be missing for the parser, so that the message for it is ours.
    /// <inheritdoc/>
    public override Option Symbol => _symbol ??= new Option<string>(LongName, Aliases) { Arity = ArgumentArity.ZeroOrOne };

    /// <summary>Whether it was given.</summary>
    public override bool IsGiven(ParseResult result) => result.GetResult(Symbol) is { Implicit: false };

    /// <summary>The value, or the default.</summary>
    /// <param name="result">What was parsed.</param>
    /// <param name="errors">Gets a line where the value is missing, given twice, or wrong; the return value means nothing then.</param>
    public T? Read(ParseResult result, List<string> errors)
    {
        var text = defaultText;
        if (result.GetResult(Symbol) is { Implicit: false } given)
        {
            if (given.IdentifierTokenCount > 1)
            {
                errors.Add($"{LongName} is given {given.IdentifierTokenCount} times; expected at most once");
                return default;
            }

            if (given.Tokens.Count == 0)
            {
                errors.Add($"{LongName} has no value; expected {LongName} <{valueName}>");
                return default;
            }

            text = given.Tokens[0].Value;
        }

        try
        {
            return parse(text);
        }
        catch (InvalidValueException error)
        {
            errors.Add($"{LongName} '{text}': {error.Message}");
            return default;
        }
    }
}
