namespace Linkerd.Tcp.Primitives;

/// <summary>
/// Reads names from a text, one character at a time, with the error messages of namerd
/// (Finagle's NameTreeParsers): <c>label char expected but '/' found at '/svc/[/]x'</c>.
/// </summary>
/// <remarks>Compiled into Core, which reads names, and into Naming, which reads trees and dtabs of names.</remarks>
internal ref struct NameScanner(ReadOnlySpan<char> text)
{
    private const string LabelPunctuation = "_:.#$%-";
    private readonly ReadOnlySpan<char> _text = text;

    /// <summary>Gets or sets the cursor.</summary>
    public int Position { get; set; }

    public readonly bool AtEnd => Position == _text.Length;

    public readonly char Peek => AtEnd ? '\0' : _text[Position];

    /// <summary>Skips white space, and comments from '#' to the end of the line.</summary>
    public void SkipSpace()
    {
        while (!AtEnd)
        {
            if (IsSpace(Peek))
            {
                Position++;
            }
            else if (Peek == '#')
            {
                while (!AtEnd && Peek != '\n')
                {
                    Position++;
                }
            }
            else
            {
                return;
            }
        }
    }

    public bool TryTake(char expected)
    {
        if (AtEnd || Peek != expected)
        {
            return false;
        }

        Position++;
        return true;
    }

    public void Take(char expected)
    {
        if (!TryTake(expected))
        {
            throw Error($"'{expected}'");
        }
    }

    public readonly void TakeEnd()
    {
        if (!AtEnd)
        {
            throw Error("end of input");
        }
    }

    /// <summary>Reads a path: path ::= '/' [ label { '/' label } ]</summary>
    public ReadOnlySpan<char> TakePath()
    {
        var start = Position;
        Take('/');
        if (IsLabelStart())
        {
            do
            {
                TakeLabel();
            }
            while (TryTake('/'));
        }

        return Since(start);
    }

    public readonly bool IsLabelStart() => !AtEnd && (IsLabelChar(Peek) || Peek == '\\');

    /// <summary>Reads a label as written: any byte may be \xhh.</summary>
    public ReadOnlySpan<char> TakeLabel()
    {
        if (!IsLabelStart())
        {
            throw Error("label char");
        }

        var start = Position;
        while (IsLabelStart())
        {
            if (TryTake('\\'))
            {
                Take('x');
                SkipHexDigit();
                SkipHexDigit();
            }
            else
            {
                Position++;
            }
        }

        return Since(start);
    }

    /// <summary>Returns the text from a position to the cursor.</summary>
    public readonly ReadOnlySpan<char> Since(int start) => _text[start..Position];

    /// <summary>Creates the exception for the cursor. The character that was found is the one there, unless another is given.</summary>
    public readonly NameSyntaxException Error(string expected, char? instead = null)
    {
        var found = instead is null && AtEnd ? "end of input" : $"'{instead ?? Peek}'";
        var cursor = AtEnd ? string.Empty : Peek.ToString();
        var rest = AtEnd ? [] : _text[(Position + 1)..];
        return new NameSyntaxException($"{expected} expected but {found} found at '{_text[..Position]}[{cursor}]{rest}'", Position);
    }

    public static bool IsLabelChar(char c) => char.IsAsciiLetterOrDigit(c) || LabelPunctuation.Contains(c, StringComparison.Ordinal);

    // White space as defined by the JVM, which includes the separators U+001C to U+001F and excludes no-break spaces.
    private static bool IsSpace(char c) =>
        c is >= '\x1c' and <= '\x1f' || (char.IsWhiteSpace(c) && c is not ('\x85' or '\xa0' or '\u2007' or '\u202f'));

    private void SkipHexDigit()
    {
        if (AtEnd || !char.IsAsciiHexDigit(Peek))
        {
            throw Error("hex char");
        }

        Position++;
    }
}
