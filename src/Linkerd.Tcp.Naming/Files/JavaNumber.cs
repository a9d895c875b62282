using System.Globalization;

namespace Linkerd.Tcp.Naming.Files;

/// <summary>Parses doubles as Java's <c>Double.parseDouble</c> does, which namerd uses for weights: signs, exponents, NaN, Infinity, a suffix of f or d, hexadecimal.</summary>
internal static class JavaNumber
{
    // Beyond these exponents every double is 0 or infinite, so that the digits need not be counted exactly.
    private const int MaxExponent = 1_000_000;

    public static bool TryParse(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        var isNegative = text is ['-', ..];
        var digits = text is ['-' or '+', ..] ? text[1..] : text;
        var isNumber = digits is "NaN" or "Infinity" ? TryParseWord(digits, out value)
            : digits is ['0', 'x' or 'X', ..] ? TryParseHex(WithoutSuffix(digits[2..]), out value)
            : TryParseDecimal(WithoutSuffix(digits), out value);
        value = isNegative ? -value : value;
        return isNumber;
    }

    private static bool TryParseWord(ReadOnlySpan<char> word, out double value)
    {
        value = word is "NaN" ? double.NaN : double.PositiveInfinity;
        return true;
    }

    private static ReadOnlySpan<char> WithoutSuffix(ReadOnlySpan<char> text) => text is [.., 'f' or 'F' or 'd' or 'D'] ? text[..^1] : text;

    // .NET's own words, such as "Infinity", do not get this far: the first character must be of a number.
    private static bool TryParseDecimal(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        return text is [>= '0' and <= '9' or '.', ..]
            && double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
    }

    // The digits are hexadecimal; the exponent is decimal, of 2, and required.
    private static bool TryParseHex(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        var p = text.IndexOfAny('p', 'P');
        if (p < 0 || !int.TryParse(text[(p + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
        {
            return false;
        }

        var (any, seenPoint) = (false, false);
        exponent = Math.Clamp(exponent, -MaxExponent, MaxExponent);
        foreach (var c in text[..p])
        {
            if (c == '.' && !seenPoint)
            {
                seenPoint = true;
            }
            else if (char.IsAsciiHexDigit(c))
            {
                any = true;
                value = (value * 16) + Convert.ToInt32(c.ToString(), 16);
                exponent -= seenPoint ? 4 : 0;
            }
            else
            {
                return false;
            }
        }

        value = Math.ScaleB(value, exponent);
        return any;
    }
}
