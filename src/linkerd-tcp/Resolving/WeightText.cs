using System.Globalization;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Prints weights and shares, for people and as Java does.</summary>
internal static class WeightText
{
    // The magnitudes at which Java changes to an exponent.
    private const double MinPlain = 1e-3;
    private const double MinExponent = 1e7;

    /// <summary>Prints the shortest digits that identify the number.</summary>
    public static string Print(double weight) => weight.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Prints a share as a percentage, with as many digits as distinguish a small one from none.</summary>
    public static string PrintShare(double share) => share is 0 or >= 0.0001
        ? string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %")
        : string.Create(CultureInfo.InvariantCulture, $"{share * 100:G2} %");

    /// <summary>Prints a number in the form of a JSON document of namerd: <c>1.0</c>, <c>0.23</c>, <c>1.0E-4</c>; NaN and infinity are strings there.</summary>
    public static string PrintJava(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
        }

        var sign = double.IsNegative(value) ? "-" : string.Empty;
        var magnitude = Math.Abs(value);
        var (digits, exponent) = Shortest(magnitude);
        if (magnitude is not 0 and (< MinPlain or >= MinExponent))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}.{(digits.Length > 1 ? digits[1..] : "0")}E{exponent}");
        }

        var whole = exponent < 0 ? "0" : digits.PadRight(exponent + 1, '0')[..(exponent + 1)];
        var fraction = exponent < 0 ? new string('0', -exponent - 1) + digits : digits.Length > exponent + 1 ? digits[(exponent + 1)..] : "0";
        return $"{sign}{whole}.{fraction}";
    }

    // The digits without the point, and the power of ten of the first one.
    private static (string Digits, int Exponent) Shortest(double magnitude)
    {
        var text = magnitude.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = magnitude.ToString("R", CultureInfo.InvariantCulture).Split('E')[0].Replace(".", null, StringComparison.Ordinal).Trim('0');
        return (shortest.Length == 0 ? "0" : shortest, int.Parse(text.AsSpan(text.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }
}
