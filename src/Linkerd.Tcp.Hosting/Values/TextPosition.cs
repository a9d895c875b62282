using System.Globalization;

namespace Linkerd.Tcp.Hosting;

/// <summary>A place in a text, as people count: from 1.</summary>
internal readonly record struct TextPosition(int Line, int Column)
{
    /// <summary>The place of a character; of the end where there is none.</summary>
    public static TextPosition Of(string text, int index)
    {
        var before = text.AsSpan(0, index);
        return new(before.Count('\n') + 1, index - before.LastIndexOf('\n'));
    }

    /// <summary><c>line:column</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Line}:{Column}");
}
