using System.Collections.Immutable;

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
        /// <summary>The branches, two or more.</summary>
        /// <exception cref="ArgumentException">There are fewer.</exception>
        public ImmutableArray<WeightedTree> Branches { get; } = Branches is { IsDefault: false, Length: >= 2 }
            ? Branches : throw new ArgumentException("A union has two or more branches.", nameof(Branches));

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
