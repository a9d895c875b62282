using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Hosting.Table;

/// <summary>Writes nodes as YAML 1.2, in a form that readers of YAML 1.1 and JSON understand in the same way.</summary>
internal static class YamlText
{
    // Comments begin at one column, unless a line is longer.
    private const int CommentColumn = 48;

    private static readonly HashSet<string> Words = new(["true", "false", "yes", "no", "on", "off", "y", "n", "null"], StringComparer.OrdinalIgnoreCase);

    public static string Write(PrintedNode.Mapping root)
    {
        var text = new StringBuilder();
        Write(text, root, indent: 0, isItem: false);
        return text.ToString();
    }

    /// <summary>Writes a text so that it is read as that text alone.</summary>
    public static string Quote(string text)
    {
        if (text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] == '/') && !Words.Contains(text) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '$'))
        {
            return text;
        }

        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' or '\\' => quoted.Append('\\').Append((char)rune.Value),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ when IsPrinted(rune) => quoted.Append(rune.ToString()),
                <= 0xFFFF => quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }

        return quoted.Append('"').ToString();
    }

    // Not what is invisible, or changes the direction or the lines of a text.
    private static bool IsPrinted(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static void Write(StringBuilder text, PrintedNode.Mapping mapping, int indent, bool isItem)
    {
        // The first line of an item has its dash, so that a comment is not the first.
        var first = mapping.Entries.FirstOrDefault(static entry => !entry.IsDefault);
        foreach (var entry in mapping.Entries.OrderBy(entry => isItem && entry != first))
        {
            var line = new StringBuilder().Append(' ', isItem && entry == first ? indent - 2 : indent).Append(isItem && entry == first ? "- " : string.Empty);
            if (entry.IsDefault)
            {
                line.Append("# ").Append(entry.Key).Append(": ").Append(Inline(entry.Value));
                End(text, line, null);
                continue;
            }

            line.Append(Quote(entry.Key)).Append(':');
            switch (entry.Value)
            {
                case PrintedNode.Mapping { Entries.Count: > 0 } nested:
                    End(text, line, entry.Comment);
                    Write(text, nested, indent + 2, isItem: false);
                    break;

                case PrintedNode.Sequence { Items: [PrintedNode.Mapping, ..] } list:
                    End(text, line, entry.Comment);
                    foreach (var item in list.Items.Cast<PrintedNode.Mapping>())
                    {
                        Write(text, item, indent + 4, isItem: true);
                    }

                    break;

                default:
                    End(text, line.Append(' ').Append(Inline(entry.Value)), entry.Comment);
                    break;
            }
        }

        if (isItem && first is null)
        {
            text.Append(' ', indent - 2).Append("- {}\n");
        }
    }

    private static string Inline(PrintedNode node) => node switch
    {
        PrintedNode.Scalar scalar => scalar.IsLiteral ? scalar.Text : Quote(scalar.Text),
        PrintedNode.Sequence list => $"[{string.Join(", ", list.Items.Select(Inline))}]",
        _ => "{}",
    };

    private static void End(StringBuilder text, StringBuilder line, string? comment)
    {
        if (comment is not null)
        {
            line.Append(' ', Math.Max(2, CommentColumn - line.Length)).Append("# ").Append(string.Concat(comment.EnumerateRunes().Select(static rune => IsPrinted(rune) ? rune.ToString() : "?")));
        }

        text.Append(line).Append('\n');
    }
}
