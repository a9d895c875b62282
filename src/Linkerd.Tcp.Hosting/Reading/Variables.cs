using System.Text;

namespace Linkerd.Tcp.Hosting.Reading;

/// <summary>
/// Expands <c>${NAME}</c> and <c>${NAME:-default}</c> in the texts of a file, with values that are never parsed again; <c>$${</c> is <c>${</c>. As in a shell, the default also replaces an empty value.
/// </summary>
/// <param name="valueOf">Gets the value of a variable; null if it is not set.</param>
internal sealed class Variables(Func<string, string?> valueOf)
{
    // A short file may name a long value very often.
    private const int MostCharacters = 8 * 1024 * 1024;

    // Shorter ones are no secrets, and stand in messages for something else too.
    private const int LeastHidden = 4;

    private readonly List<string> _used = [];
    private readonly Dictionary<string, string> _hidden = [];
    private int _characters;

    /// <summary>The variables whose values were used, in the order of their use.</summary>
    public IReadOnlyList<string> Used => _used;

    /// <summary>Expands a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problem">The problem if the return value is null.</param>
    /// <returns>The expanded text; null if a variable is not set, or the text is wrong.</returns>
    public string? Expand(string text, out string? problem)
    {
        problem = null;
        var next = text.IndexOf("${", StringComparison.Ordinal);
        if (next < 0)
        {
            return text;
        }

        var expanded = new StringBuilder();
        var done = 0;
        for (; next >= 0; next = text.IndexOf("${", done, StringComparison.Ordinal))
        {
            if (next > done && text[next - 1] == '$')
            {
                expanded.Append(text, done, next - done - 1).Append("${");
                done = next + 2;
                continue;
            }

            expanded.Append(text, done, next - done);
            var end = text.IndexOf('}', next);
            if (end < 0 || Value(text[(next + 2)..end], out problem) is not { } value)
            {
                problem ??= $"{ConfigurationProblem.Quote(text[next..])} has no end; expected ${{NAME}} or ${{NAME:-default}}, or $${{ for the text ${{";
                return null;
            }

            expanded.Append(value);
            done = end + 1;
            if ((_characters += value.Length) > MostCharacters)
            {
                problem = $"the values of variables are too long; expected at most {MostCharacters} characters in a file";
                return null;
            }
        }

        return expanded.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>Returns a message with the variables in place of the values that were used.</summary>
    public string Hide(string message) => _hidden.OrderByDescending(static pair => pair.Key.Length).Aggregate(message, static (text, pair) => text.Replace(pair.Key, pair.Value, StringComparison.Ordinal));

    private static bool IsName(string text) => text is [>= 'a' and <= 'z' or >= 'A' and <= 'Z' or '_', ..] && text.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private string? Value(string reference, out string? problem)
    {
        var separator = reference.IndexOf(":-", StringComparison.Ordinal);
        var name = separator < 0 ? reference : reference[..separator];
        var byDefault = separator < 0 ? null : reference[(separator + 2)..];
        problem = !IsName(name) ? $"{ConfigurationProblem.Quote($"${{{reference}}}")} is not a variable; expected ${{NAME}} or ${{NAME:-default}}, or $${{ for the text ${{" : null;
        if (problem is not null)
        {
            return null;
        }

        var value = valueOf(name);
        if (!string.IsNullOrEmpty(value))
        {
            _used.Add(name);
            if (value.Length >= LeastHidden)
            {
                _hidden[value] = $"${{{name}}}";
            }
        }

        value = string.IsNullOrEmpty(value) ? byDefault ?? value : value;
        problem = value is null ? $"the environment variable {name} is not set; expected a value, or a default: ${{{name}:-default}}" : null;
        return value;
    }
}
