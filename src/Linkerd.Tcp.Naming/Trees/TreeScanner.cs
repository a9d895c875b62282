using System.Globalization;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming.Trees;

/// <summary>
/// Reads name trees and dtabs from a text, one character at a time, and words errors the way namerd does
/// (Finagle's NameTreeParsers): <c>label char expected but '/' found at '/svc/[/]x'</c>.
/// </summary>
internal ref struct TreeScanner(ReadOnlySpan<char> text)
{
    private const string LabelPunctuation = "_:.#$%-";
    private readonly ReadOnlySpan<char> _text = text;
    private int _position;

    public readonly bool AtEnd => _position == _text.Length;

    public readonly char Peek => AtEnd ? '\0' : _text[_position];

    /// <summary>White space, and comments from '#' to the end of the line.</summary>
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

    public bool TryTake(char expected)
    {
        if (AtEnd || Peek != expected)
        {
            return false;
        }

        _position++;
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

    /// <summary>path ::= '/' [ label { '/' label } ]</summary>
    public DstPath TakePath()
    {
        var start = _position;
        Take('/');
        if (IsLabelStart())
        {
            do
            {
                SkipLabel();
            }
            while (TryTake('/'));
        }

        return DstPath.Parse(_text[start.._position].ToString());
    }

    /// <summary>prefix ::= '/' [ pelem { '/' pelem } ], pelem ::= '*' | label</summary>
    public DtabPrefix TakePrefix()
    {
        Take('/');
        var elements = new List<string>();
        if (IsLabelStart() || Peek == '*')
        {
            do
            {
                elements.Add(TryTake('*') ? DtabPrefix.Wildcard : TakeLabel());
            }
            while (TryTake('/'));
        }

        return new DtabPrefix([.. elements]);
    }

    /// <summary>Digits with at most one '.'; no sign, no exponent.</summary>
    public double TakeNumber()
    {
        var start = _position;
        var point = false;
        while (IsNumberStart())
        {
            if (Peek == '.' && point)
            {
                throw Error("number char");
            }

            point |= Peek == '.';
            _position++;
        }

        var digits = _text[start.._position];
        if (digits is ".")
        {
            throw Error("weight", '.');
        }

        var number = double.Parse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        if (!double.IsFinite(number))
        {
            _position = start;
            throw Error("a number below 1.8e308");
        }

        return number;
    }

    public readonly bool IsNumberStart() => !AtEnd && (char.IsAsciiDigit(Peek) || Peek == '.');

    /// <summary>The error at the cursor. What was found is the character there, unless another is given.</summary>
    public readonly NameSyntaxException Error(string expected, char? instead = null)
    {
        var found = instead is null && AtEnd ? "end of input" : $"'{instead ?? Peek}'";
        var cursor = AtEnd ? string.Empty : Peek.ToString();
        var rest = AtEnd ? [] : _text[(_position + 1)..];
        return new NameSyntaxException($"{expected} expected but {found} found at '{_text[.._position]}[{cursor}]{rest}'", _position);
    }

    // The JVM's idea of white space, which counts the separators U+001C to U+001F and no space that forbids a line break.
    private static bool IsSpace(char c) =>
        c is >= '\x1c' and <= '\x1f' || (char.IsWhiteSpace(c) && c is not ('\x85' or '\xa0' or '\u2007' or '\u202f'));

    private readonly bool IsLabelStart() => !AtEnd && (IsLabelChar(Peek) || Peek == '\\');

    // In its canonical print.
    private string TakeLabel()
    {
        var start = _position;
        SkipLabel();
        return DstPath.Parse($"/{_text[start.._position]}")[0];
    }

    private void SkipLabel()
    {
        if (!IsLabelStart())
        {
            throw Error("label char");
        }

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
                _position++;
            }
        }
    }

    private void SkipHexDigit()
    {
        if (AtEnd || !char.IsAsciiHexDigit(Peek))
        {
            throw Error("hex char");
        }

        _position++;
    }

    private static bool IsLabelChar(char c) => char.IsAsciiLetterOrDigit(c) || LabelPunctuation.Contains(c, StringComparison.Ordinal);
}
