using System.CommandLine;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>One option of the command line, made of its row in the table: its symbol for the parser, its line of the help text, and its way into the model.</summary>
internal sealed class CliOption(ConfigurationOption row)
{
    // The value may be missing for the parser, so that the message for it is ours.
    private readonly Option<string[]> _symbol = new("--" + row.Argument, row.Letter is { } letter ? [$"-{letter}"] : [])
    {
        Arity = row.ValueName is null ? ArgumentArity.Zero : ArgumentArity.ZeroOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>The row.</summary>
    public ConfigurationOption Row => row;

    /// <summary>The long name, with its dashes.</summary>
    public string LongName => _symbol.Name;

    /// <summary>True if it takes no value.</summary>
    public bool IsFlag => row.ValueName is null;

    /// <summary>Its names and its value in the form of the help text.</summary>
    public string Usage => (row.Letter is { } letter ? $"-{letter}, {LongName}" : LongName) + (IsFlag ? string.Empty : $" <{row.ValueName}>");

    /// <summary>Its description, and its default; a part of the model that is there only if the option is given has none.</summary>
    public string Help => IsFlag || row.Default == "required" ? row.Help : $"{row.Help}{(row.NeedsOpenSsl ? "; needs OpenSSL" : string.Empty)} [default: {row.Default}]";

    /// <summary>The library's own view of it.</summary>
    public Option Symbol => _symbol;

    /// <summary>Returns true if it was given.</summary>
    public bool IsGiven(ParseResult result) => result.GetResult(_symbol) is { Implicit: false };

    /// <summary>The values that were given, in their order; with an error, none.</summary>
    public IReadOnlyList<string> Texts(ParseResult result, List<string> errors)
    {
        if (result.GetResult(_symbol) is not { Implicit: false } given)
        {
            return [];
        }

        if (IsFlag)
        {
            return ["true"];
        }

        if (!row.IsRepeated && given.IdentifierTokenCount > 1)
        {
            errors.Add($"{LongName} is given {given.IdentifierTokenCount} times; expected at most once");
            return [];
        }

        if (given.Tokens.Count < given.IdentifierTokenCount)
        {
            errors.Add($"{LongName} has no value; expected {LongName} <{row.ValueName}>");
            return [];
        }

        return [.. given.Tokens.Select(static token => token.Value)];
    }

    /// <summary>Writes the value that was given, if any, to parts of the model; adds an error if it is wrong.</summary>
    public void Write(ParseResult result, List<string> errors, params IEnumerable<object> models)
    {
        foreach (var text in Texts(result, errors))
        {
            Write(text, errors, models);
        }
    }

    /// <summary>Writes a value to parts of the model; adds an error if it is wrong.</summary>
    public void Write(string text, List<string> errors, params IEnumerable<object> models)
    {
        try
        {
            foreach (var model in models)
            {
                row.ParseArgument(model, text);
            }
        }
        catch (InvalidValueException error)
        {
            errors.Add($"{LongName} {(row.IsSecret ? SecretText.Hidden : $"'{SecretText.Hide(text)}'")}: {error.Message}");
        }
    }
}
