using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.Primitives;

/// <summary>
/// Reads names from a text, one character at a time, with error messages as namerd's
/// (Finagle's NameTreeParsers): <c>label char expected but '/' found at '/svc/[/]x'</c>.
/// </summary>
internal ref struct NameScanner(ReadOnlySpan<char> text)
{
    private const string LabelPunctuation = "_:.#$%-";
    private readonly ReadOnlySpan<char> _text = text;
    private int _position;

    private readonly bool AtEnd => _position == _text.Length;

    private readonly char Peek => AtEnd ? '\0' : _text[_position];

    /// <summary>Skips white space, and comments from '#' to the end of the line.</summary>
    public void SkipSpace()
    {
        while (!AtEnd)
        {
            if (IsSpace(Peek))
            {
                _position++;
            }
            else if (Peek == '#')
            {
                while (!AtEnd && Peek != '\n')
                {
                    _position++;
                }
            }
            else
            {
                return;
            }
        }
    }

    private bool TryTake(char expected)
    {
        if (AtEnd || Peek != expected)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void Take(char expected)
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

    /// <summary>Takes a path: path ::= '/' [ label { '/' label } ]</summary>
    public DstPath TakePath()
    {
        Take('/');
        if (!IsLabelStart())
        {
            return DstPath.Root;
        }

        var labels = new List<string>();
        do
        {
            labels.Add(TakeLabel());
        }
        while (TryTake('/'));
        return DstPath.FromCanonicalLabels([.. labels]);
    }

    /// <summary>Creates the error at the cursor.</summary>
    private readonly NameSyntaxException Error(string expected)
    {
        var found = AtEnd ? "end of input" : $"'{Peek}'";
        var cursor = AtEnd ? string.Empty : Peek.ToString();
        var rest = AtEnd ? [] : _text[(_position + 1)..];
        return new NameSyntaxException($"{expected} expected but {found} found at '{_text[.._position]}[{cursor}]{rest}'", _position);
    }

    // White space as the JVM defines it, which includes the separators U+001C to U+001F and no space that forbids a line break.
    private static bool IsSpace(char c) =>
        c is >= '\x1c' and <= '\x1f' || (char.IsWhiteSpace(c) && c is not ('\x85' or '\xa0' or '\u2007' or '\u202f'));

    private readonly bool IsLabelStart() => !AtEnd && (IsLabelChar(Peek) || Peek == '\\');

    private string TakeLabel()
    {
        if (!IsLabelStart())
        {
            throw Error("label char");
        }

        var bytes = new List<byte>();
        while (IsLabelStart())
        {
            if (TryTake('\\'))
            {
                Take('x');
                bytes.Add((byte)((TakeHexDigit() << 4) | TakeHexDigit()));
            }
            else
            {
                bytes.Add((byte)Peek);
                _position++;
            }
        }

        return PrintLabel([.. bytes]);
    }

    private int TakeHexDigit()
    {
        if (AtEnd || !char.IsAsciiHexDigit(Peek))
        {
            throw Error("hex char");
        }

        return Convert.ToInt32(_text[_position++].ToString(), 16);
    }

    private static bool IsLabelChar(char c) => char.IsAsciiLetterOrDigit(c) || LabelPunctuation.Contains(c, StringComparison.Ordinal);

    /// <summary>Formats a label: one of legal characters as it is; of any other, every byte as \xhh.</summary>
    internal static string PrintLabel(ReadOnlySpan<byte> label)
    {
        var text = new StringBuilder(label.Length);
        foreach (var b in label)
        {
            if (!IsLabelChar((char)b))
            {
                return PrintHex(label);
            }

            text.Append((char)b);
        }

        return text.ToString();
    }

    private static string PrintHex(ReadOnlySpan<byte> label)
    {
        var text = new StringBuilder(label.Length * 4);
        foreach (var b in label)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return text.ToString();
    }
}
