using System.Globalization;

namespace Linkerd.Tcp;

/// <summary>A branch of a union.</summary>
/// <param name="Weight">Its share relative to the other branches; finite and not negative, default 1.</param>
/// <param name="Tree">What it leads to.</param>
public sealed record WeightedTree(double Weight, NameTree Tree)
{
    /// <summary>Its share relative to the other branches: finite and not negative.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The weight is negative, infinite or not a number.</exception>
    public double Weight { get; } = double.IsFinite(Weight) && !double.IsNegative(Weight)
        ? Weight : throw new ArgumentOutOfRangeException(nameof(Weight), Weight, "A weight is a finite number of 0 or more.");

    /// <summary>The weight in full, without an exponent, and left out where it is 1; a union as a branch stands in parentheses.</summary>
    public override string ToString()
    {
        var tree = Tree is NameTree.Union ? $"({Tree})" : $"{Tree}";
        return Weight == 1 ? tree : $"{PrintWeight()} * {tree}";
    }

    // "R" is the shortest print that reads back as the same double, but may come with an exponent, which the grammar does not have.
    private string PrintWeight()
    {
        var shortest = Weight.ToString("R", CultureInfo.InvariantCulture);
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
}
