using System.Globalization;
using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Naming.Trees;

/// <summary>The weights of unions: their range, and their two printed forms.</summary>
internal static class TreeWeight
{
    private const int NamerdDecimals = 2;

    /// <exception cref="ArgumentOutOfRangeException">The weight is negative, infinite or not a number.</exception>
    public static double Check(double weight, [CallerArgumentExpression(nameof(weight))] string? name = null) => double.IsFinite(weight) && !double.IsNegative(weight)
        ? weight : throw new ArgumentOutOfRangeException(name, weight, "A weight is a finite number of 0 or more.");

    /// <summary>Prints the shortest digits that read back as the same double, without the exponent that the grammar does not have.</summary>
    public static string PrintExact(double weight)
    {
        var shortest = weight.ToString("R", CultureInfo.InvariantCulture);
        var e = shortest.IndexOf('E', StringComparison.Ordinal);
        if (e < 0)
        {
            return shortest;
        }

        var digits = shortest[..e].Replace(".", null, StringComparison.Ordinal);
        var exponent = int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return exponent < 0 ? $"0.{new string('0', -exponent - 1)}{digits}"
            : digits.Length <= exponent + 1 ? digits.PadRight(exponent + 1, '0')
            : digits.Insert(exponent + 1, ".");
    }

    /// <summary>Prints two decimals as Java's <c>%.2f</c> does: the shortest digits, rounded half up.</summary>
    public static string PrintNamerd(double weight)
    {
        var exact = PrintExact(weight);
        var point = exact.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? exact : exact[..point];
        var fraction = point < 0 ? string.Empty : exact[(point + 1)..];
        var kept = (whole + fraction.PadRight(NamerdDecimals, '0')[..NamerdDecimals]).ToCharArray();
        if (fraction.Length > NamerdDecimals && fraction[NamerdDecimals] >= '5')
        {
            kept = AddOne(kept);
        }

        return new string(kept).Insert(kept.Length - NamerdDecimals, ".");
    }

    private static char[] AddOne(char[] digits)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            if (digits[i] != '9')
            {
                digits[i]++;
                return digits;
            }

            digits[i] = '0';
        }

        return ['1', .. digits];
    }
}
