using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Security.Routing;

/// <summary>Words errors of patterns and templates in the way of <see cref="NameScanner"/>.</summary>
internal static class PatternSyntax
{
    /// <summary>Returns the error for a position of a text.</summary>
    public static NameSyntaxException Error(string expected, string text, int position)
    {
        var atEnd = position >= text.Length;
        var found = atEnd ? "end of input" : $"'{text[position]}'";
        return new NameSyntaxException($"{expected} expected but {found} found at '{text[..position]}[{(atEnd ? string.Empty : text[position])}]{(atEnd ? string.Empty : text[(position + 1)..])}'", position);
    }
}
