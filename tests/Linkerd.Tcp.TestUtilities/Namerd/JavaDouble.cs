using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Prints doubles as Java's <c>Double.toString</c>, and so Jackson, does: <c>1.0</c>, <c>0.23</c>, <c>1.0E-4</c>.</summary>
public static class JavaDouble
{
    /// <summary>Reads a number as Java's <c>Double.parseDouble</c> does, but for hexadecimal ones.</summary>
    public static bool TryParse(string text, out double value) =>
        double.TryParse(text.Length > 1 && char.IsAsciiDigit(text[^2]) ? text.TrimEnd('d', 'D', 'f', 'F') : text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    /// <summary>Prints a number as it stands in a JSON document of namerd; what is no number is a string there.</summary>
    public static string Print(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
        }

        var magnitude = Math.Abs(value);
        if (magnitude is 0 or (>= 1e-3 and < 1e7))
        {
            var plain = ((decimal)magnitude).ToString(CultureInfo.InvariantCulture);
            return (double.IsNegative(value) ? "-" : string.Empty) + (plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0");
        }

        // "1.5E-004" of .NET's shortest form becomes "1.5E-4", and "1E+10" becomes "1.0E10".
        var parts = value.ToString("E16", CultureInfo.InvariantCulture).Split('E');
        var exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture).Split('E')[0];
        var digits = shortest.Replace(".", string.Empty, StringComparison.Ordinal).Trim('-').TrimStart('0').TrimEnd('0');
        var mantissa = digits.Length < 2 ? $"{digits}.0" : $"{digits[0]}.{digits[1..]}";
        return string.Create(CultureInfo.InvariantCulture, $"{(value < 0 ? "-" : string.Empty)}{mantissa}E{exponent}");
    }
}
