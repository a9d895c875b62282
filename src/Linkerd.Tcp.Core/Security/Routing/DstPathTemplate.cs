using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Security.Routing;

/// <summary>Represents a name with captures in it, such as <c>/svc/{1}</c>: <c>{1}</c> is replaced by the first captured label, <c>{2}</c> by the second. Immutable.</summary>
internal sealed class DstPathTemplate
{
    private readonly string _text;
    private readonly DstPath? _fixed;
    private readonly ImmutableArray<Capture> _captures;

    private DstPathTemplate(string text, DstPath? fixedName, ImmutableArray<Capture> captures) => (_text, _fixed, _captures) = (text, fixedName, captures);

    /// <summary>Gets a value that indicates whether there are no captures.</summary>
    public bool IsFixed => _fixed is not null;

    /// <summary>Reads a template.</summary>
    /// <param name="text">The template.</param>
    /// <param name="captures">The number of captures that there are.</param>
    /// <exception cref="NameSyntaxException">The text is not a name with captures, or has one that there is not; the message shows the position.</exception>
    public static DstPathTemplate Parse(string text, int captures)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith('/'))
        {
            throw PatternSyntax.Error("'/'", text, 0);
        }

        // With letters in place of the captures it must be a name.
        var name = text.ToCharArray();
        var found = ImmutableArray.CreateBuilder<Capture>();
        for (var at = text.IndexOf('{', StringComparison.Ordinal); at >= 0; at = text.IndexOf('{', at + 1))
        {
            var end = text.IndexOf('}', at);
            var number = 0;
            if (captures == 0 || end < 0 || !int.TryParse(text.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out number) || number < 1 || number > captures || text[at + 1] == '0')
            {
                throw PatternSyntax.Error(
                    captures switch
                    {
                        0 => "a name without captures, as the pattern has no '*',",
                        1 => "{1}, as the pattern has one '*',",
                        _ => string.Create(CultureInfo.InvariantCulture, $"{{1}} to {{{captures}}}, as the pattern has {captures} of '*',"),
                    },
                    text,
                    captures == 0 ? at : Math.Min(at + 1, text.Length));
            }

            name.AsSpan(at, end + 1 - at).Fill('x');
            found.Add(new Capture(number - 1, at, end + 1 - at));
        }

        return new(text, ParseName(new string(name), text) is var path && found.Count == 0 ? path : null, found.ToImmutable());
    }

    /// <summary>Returns the name. Without captures in the template it is the same instance each time.</summary>
    /// <param name="source">The text with the captured labels.</param>
    /// <param name="captured">The places of the captured labels.</param>
    public DstPath Expand(ReadOnlySpan<char> source, ReadOnlySpan<Range> captured)
    {
        if (_fixed is not null)
        {
            return _fixed;
        }

        var result = new StringBuilder(_text.Length + source.Length);
        var from = 0;
        foreach (var capture in _captures)
        {
            var label = source[captured[capture.Index]];
            var bytes = new byte[Encoding.UTF8.GetByteCount(label)];
            Encoding.UTF8.GetBytes(label, bytes);
            result.Append(_text, from, capture.At - from).Append(NameLabel.Print(bytes));
            from = capture.At + capture.Length;
        }

        return DstPath.Parse(result.Append(_text, from, _text.Length - from).ToString());
    }

    /// <summary>Returns the template as it was read.</summary>
    public override string ToString() => _text;

    private static DstPath ParseName(string name, string text)
    {
        try
        {
            var path = DstPath.Parse(name);
            return path.Count > 0 ? path : throw PatternSyntax.Error("a name such as /svc/web, as '/' leads nowhere,", text, text.IndexOf('/', StringComparison.Ordinal) + 1);
        }
        catch (NameSyntaxException e) when (name != text && e.Message.IndexOf(" expected but ", StringComparison.Ordinal) is var end and > 0)
        {
            // The same, and the text as it was given.
            throw PatternSyntax.Error(e.Message[..end], text, e.Position);
        }
    }

    private readonly record struct Capture(int Index, int At, int Length);
}
