
namespace Linkerd.Tcp.Hosting.Reading;

/// <summary>Reads values of options. Texts are taken as they are written, with or without quotes; numbers are decimal, and flags are true or false, whatever else YAML 1.1 and 1.2 make of them.</summary>
internal sealed class ValueReader(Variables variables)
{
    private static readonly string[] Yes = ["on", "yes", "y", "true"];
    private static readonly string[] No = ["off", "no", "n", "false"];

    /// <summary>The environment variables whose values were used, in the order of their use.</summary>
    public IReadOnlyList<string> UsedVariables => variables.Used;

    /// <summary>Lists choices for a message.</summary>
    public static string OneOf(IReadOnlyCollection<string> choices) => (choices.Count == 1 ? string.Empty : "one of ") + string.Join(", ", choices);

    /// <summary>Quotes a scalar for a message, with variables as they are written: their values may be secrets.</summary>
    public static string Quote(ConfigurationNode scalar) => ConfigurationProblem.Quote(((ScalarNode)scalar).Text);

    /// <summary>Reads a value into a model.</summary>
    /// <returns>The problem; null if it was read.</returns>
    public ValueProblem? Read(ConfigurationOption option, object settings, ConfigurationNode value)
    {
        switch (value)
        {
            case SequenceNode list when option.Form == OptionForm.List:
                return ReadList(option, settings, list);

            case SequenceNode or MappingNode:
                return new(value.Position, $"expected {option.Range}, not a {(value is SequenceNode ? "list" : "mapping")}");

            default:
                return TextOf(value, option.Range, out var problem) is not { } text ? new(value.Position, problem!)
                    : (Check(option, text) ?? (Try(() => option.Parse(settings, text)) is { } error ? error + Hint(option, text) : null)) is not { } wrong ? null
                    : new(value.Position, $"{(option.IsSecret ? SecretText.Hidden : Quote(value))}: {(IsExpanded(value, text) ? $"expected {option.Range}" : wrong)}");
        }
    }

    /// <summary>Gets the expanded text of a scalar; null with a problem if it is none, or has an error.</summary>
    public string? TextOf(ConfigurationNode value, string expected, out string? problem)
    {
        problem = value switch
        {
            InvalidNode invalid => invalid.Problem,
            ScalarNode { IsNull: true } => $"a value is missing; expected {expected}",
            ScalarNode => null,
            _ => $"expected {expected}, not a {(value is SequenceNode ? "list" : "mapping")}",
        };
        if (problem is not null || variables.Expand(((ScalarNode)value).Text, out problem) is not { } text)
        {
            return null;
        }

        problem = text.Contains('\0', StringComparison.Ordinal) ? $"the text has the character U+0000; expected {expected}" : null;
        return problem is null ? text : null;
    }

    private static string? Check(ConfigurationOption option, string text) =>
        option.Form == OptionForm.Number && text.Length > 1 && text[0] == '0' && text.All(char.IsAsciiDigit)
            ? "YAML 1.1 reads a number that begins with 0 as octal, YAML 1.2 as decimal; expected it without the 0" : null;

    private static string Hint(ConfigurationOption option, string text) => option.Form switch
    {
        OptionForm.Flag when Yes.Contains(text, StringComparer.OrdinalIgnoreCase) => "; write true",
        OptionForm.Flag when No.Contains(text, StringComparer.OrdinalIgnoreCase) => "; write false",
        OptionForm.Number when text.Contains(':', StringComparison.Ordinal) => " (numbers to base 60 are not read)",
        OptionForm.Number when text.StartsWith('0') && text.Length > 1 && char.IsAsciiLetter(text[1]) => " (in decimal digits)",
        OptionForm.Number when text.Contains('_', StringComparison.Ordinal) => " (without '_')",
        _ => string.Empty,
    };

    // What is wrong with it would show parts of the values.
    private static bool IsExpanded(ConfigurationNode scalar, string text) => ((ScalarNode)scalar).Text != text;

    private static string? Try(Action parse)
    {
        try
        {
            parse();
            return null;
        }
        catch (InvalidValueException error)
        {
            return error.Message;
        }
    }

    private ValueProblem? ReadList(ConfigurationOption option, object settings, SequenceNode list)
    {
        var items = new List<string>(list.Items.Count);
        var isExpanded = false;
        foreach (var item in list.Items)
        {
            if (TextOf(item, "a text", out var problem) is not { } text)
            {
                return new(item.Position, problem!);
            }

            items.Add(text);
            isExpanded |= IsExpanded(item, text);
        }

        return Try(() => option.ParseItems(settings, items)) is not { } wrong ? null : new(list.Position, isExpanded || option.IsSecret ? $"expected {option.Range}" : wrong);
    }
}

/// <summary>Represents a problem of a value.</summary>
/// <param name="Position">The place.</param>
/// <param name="Message">The problem and the expected value.</param>
internal sealed record ValueProblem(TextPosition Position, string Message);
