using System.Collections.Immutable;
using System.Globalization;

namespace Linkerd.Tcp;

/// <summary>
/// A tree of names, as it stands on the right-hand side of a dtab entry. Here so far: a single name, and a weighted union of names,
/// <c>3 * /a &amp; 1 * /b</c>. A closed set; immutable.
/// </summary>
public abstract record NameTree
{
    private protected NameTree()
    {
    }

    /// <summary>Reads a tree.</summary>
    /// <exception cref="NameSyntaxException">The text is not a tree; the message shows the position.</exception>
    public static NameTree Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return NameTreeParser.Parse(text);
    }

    /// <summary>A single name.</summary>
    /// <param name="Path">The name.</param>
    public sealed record Leaf(DstPath Path) : NameTree
    {
        /// <inheritdoc/>
        public override string ToString() => Path.ToString();
    }

    /// <summary>Several trees that share the traffic in proportion to their weights, whatever the number of addresses behind each.</summary>
    /// <param name="Branches">Two or more branches.</param>
    public sealed record Union(ImmutableArray<WeightedTree> Branches) : NameTree
    {
        /// <inheritdoc/>
        public bool Equals(Union? other) => other is not null && Branches.AsSpan().SequenceEqual(other.Branches.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (var branch in Branches)
            {
                hash.Add(branch);
            }

            return hash.ToHashCode();
        }

        /// <inheritdoc/>
        public override string ToString() => string.Join(" & ", Branches);
    }
}

/// <summary>A branch of a union.</summary>
/// <param name="Weight">Its share relative to the other branches; finite and not negative, default 1.</param>
/// <param name="Tree">What it leads to.</param>
public sealed record WeightedTree(double Weight, NameTree Tree)
{
    /// <summary>The weight in full, without an exponent, and left out where it is 1.</summary>
    public override string ToString() => Weight == 1 ? $"{Tree}" : $"{PrintWeight()} * {Tree}";

    // "R" is the shortest print that reads back as the same double, but may have an exponent; decimal spells that out.
    private string PrintWeight()
    {
        var shortest = Weight.ToString("R", CultureInfo.InvariantCulture);
        return !shortest.Contains('E', StringComparison.Ordinal) ? shortest
            : Weight >= 1 ? Weight.ToString("F0", CultureInfo.InvariantCulture)
            : Weight.ToString("F330", CultureInfo.InvariantCulture).TrimEnd('0');
    }
}
