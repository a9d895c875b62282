using System.Globalization;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents a place in a text. Immutable; any thread.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column in characters, from 1.</param>
public readonly record struct TextPosition(int Line, int Column)
{
    /// <summary>Gets the place of a character, or of the end if the index is the length.</summary>
    public static TextPosition Of(string text, int index)
    {
        ArgumentNullException.ThrowIfNull(text);
        var before = text.AsSpan(0, index);
        return new(before.Count('\n') + 1, index - before.LastIndexOf('\n'));
    }

    /// <summary>Returns <c>line:column</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Line}:{Column}");
}
