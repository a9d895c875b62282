using System.Text.RegularExpressions;

namespace Linkerd.Tcp.Tests.Architecture;

/// <summary>Finds, by words alone, the types that a source file declares and those that it uses. Comments and string literals do not count.</summary>
internal static partial class SourceScanner
{
    private static readonly HashSet<string> TypeKeywords = ["class", "struct", "interface", "enum", "record"];

    // Words after which a type may come. After any other word comes the name of a member, a parameter or a variable.
    private static readonly HashSet<string> BeforeTypes =
    [
        "abstract", "and", "as", "async", "await", "case", "const", "delegate", "else", "event", "explicit", "extern", "file", "fixed",
        "implicit", "in", "internal", "is", "new", "not", "operator", "or", "out", "override", "params", "partial", "private", "protected",
        "public", "readonly", "ref", "required", "return", "scoped", "sealed", "static", "this", "throw", "unsafe", "using", "virtual",
        "volatile", "when", "where", "yield",
    ];

    /// <summary>The types that a file declares, with how deep they are nested in others.</summary>
    public static IEnumerable<(string Name, int Depth)> Declared(string source)
    {
        var tokens = Tokens(source);
        var depth = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            depth += tokens[i].Text switch { "{" => 1, "}" => -1, _ => 0 };
            if (tokens[i].Text == "delegate" && Next(tokens, i, ";") is var end && end < Next(tokens, i, "{"))
            {
                yield return (tokens[Next(tokens, i, "(") - 1].Text, depth);
                i = end;
            }
            else if (TypeKeywords.Contains(tokens[i].Text) && i + 1 < tokens.Count && tokens[i + 1].IsWord && !TypeKeywords.Contains(tokens[i + 1].Text))
            {
                yield return (tokens[i + 1].Text, depth);
            }
        }
    }

    /// <summary>The words of a file that stand where a type can stand.</summary>
    public static IEnumerable<string> Used(string source)
    {
        var tokens = Tokens(source);
        return Enumerable.Range(0, tokens.Count).Where(i => CanBeType(tokens, i)).Select(i => tokens[i].Text).Distinct();
    }

    private static bool CanBeType(List<Token> tokens, int i)
    {
        if (!tokens[i].IsWord)
        {
            return false;
        }

        var next = i + 1 < tokens.Count ? tokens[i + 1] : default;
        var afterNext = i + 2 < tokens.Count ? tokens[i + 2] : default;
        var previous = i > 0 ? tokens[i - 1] : default;
        var beforePrevious = i > 1 ? tokens[i - 2] : default;
        var assigned = next.Text == "=" && !(afterNext.Text is "=" or ">" && afterNext.Start == next.End);
        var argumentName = next.Text == ":" && next.Start == tokens[i].End && previous.Text is "(" or ",";
        if (assigned || argumentName || previous.Text is null)
        {
            return false;
        }

        // The end of a type (List<int>, int?, int[]) before this word makes it the name of something.
        var glued = beforePrevious.Text is not null && previous.Start == beforePrevious.End;
        return previous.Text switch
        {
            "." => beforePrevious.Text == "Tcp",
            ">" => !glued || beforePrevious.Text == "=",
            "?" => !glued,
            "]" => beforePrevious.Text != "[",
            _ => !previous.IsWord || BeforeTypes.Contains(previous.Text),
        };
    }

    private static int Next(List<Token> tokens, int from, string text)
    {
        var index = tokens.FindIndex(from, token => token.Text == text);
        return index < 0 ? tokens.Count : index;
    }

    private static List<Token> Tokens(string source) =>
        [.. TokenPattern().Matches(NoCode().Replace(source, match => new string(' ', match.Length))).Select(match => new Token(match.Value, match.Index))];

    // Comments, directives, raw, verbatim and plain strings, characters. Leftmost match first, so that none is seen within another.
    [GeneratedRegex("""
        //[^\n]* | /\*.*?\*/ | ^[ \t]*\#[^\n]*
        | \$*"{3,}.*?"{3,} | (?:\$@|@\$|@)"(?:[^"]|"")*" | \$?"(?:\\.|[^"\\\n])*" | '(?:\\.[^']*|[^'\\])'
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex NoCode();

    [GeneratedRegex(@"\w+|[^\w\s]")]
    private static partial Regex TokenPattern();

    private readonly record struct Token(string Text, int Start)
    {
        public int End => Start + Text.Length;

        public bool IsWord => Text is not null && (char.IsLetter(Text[0]) || Text[0] == '_');
    }
}
