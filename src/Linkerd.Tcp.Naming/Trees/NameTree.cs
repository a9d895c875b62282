using System.Collections.Immutable;
using Linkerd.Tcp.Naming.Trees;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents a tree of names, as on the right-hand side of a dtab entry: <c>3 * /a &amp; 1 * (/b | /c) | !</c>. A closed set; immutable.
/// </summary>
/// <remarks>Finagle's <c>NameTree[Path]</c>.</remarks>
public abstract record NameTree
{
    private protected NameTree()
    {
    }

    /// <summary>Parses a tree. White space and comments (<c># ...</c> to the end of the line) may stand wherever a space may.</summary>
    /// <exception cref="NameSyntaxException">The text is not a tree; the message shows the position, in namerd's words.</exception>
    public static NameTree Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return NameTreeParser.Parse(text);
    }

    /// <summary>Prints the tree in a format.</summary>
    public string ToString(NameTreeFormat format) => new NameTreePrinter(format).Print(this);

    /// <summary>Prints the tree exactly: parsing the text gives an equal tree.</summary>
    public sealed override string ToString() => ToString(NameTreeFormat.Exact);

    /// <summary>Represents a single name.</summary>
    /// <param name="Path">The name.</param>
    public sealed record Leaf(DstPath Path) : NameTree;

    /// <summary>Represents several trees in order of preference: the first one that is not negative counts. Written with <c>|</c>.</summary>
    /// <param name="Branches">Two or more branches, the first choice first.</param>
    public sealed record Alt(ImmutableArray<NameTree> Branches) : NameTree
    {
        /// <summary>Gets the branches, two or more, the first choice first.</summary>
        /// <exception cref="ArgumentException">There are fewer.</exception>
        public ImmutableArray<NameTree> Branches { get; } = Branches is { IsDefault: false, Length: >= 2 }
            ? Branches : throw new ArgumentException("An alternative has two or more branches.", nameof(Branches));

        /// <inheritdoc/>
        public bool Equals(Alt? other) => other is not null && Branches.AsSpan().SequenceEqual(other.Branches.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashOf.Items(Branches);
    }

    /// <summary>
    /// Represents several trees that share the traffic in proportion to their weights, whatever the number of addresses behind each. Written with <c>&amp;</c>.
    /// </summary>
    /// <param name="Branches">Two or more branches.</param>
    public sealed record Union(ImmutableArray<WeightedTree> Branches) : NameTree
    {
        /// <summary>Gets the branches, two or more.</summary>
        /// <exception cref="ArgumentException">There are fewer.</exception>
        public ImmutableArray<WeightedTree> Branches { get; } = Branches is { IsDefault: false, Length: >= 2 }
            ? Branches : throw new ArgumentException("A union has two or more branches.", nameof(Branches));

        /// <inheritdoc/>
        public bool Equals(Union? other) => other is not null && Branches.AsSpan().SequenceEqual(other.Branches.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashOf.Items(Branches);
    }

    /// <summary>Represents a name that does not exist: an alternative continues with its next branch. Written <c>~</c>.</summary>
    public sealed record Negative : NameTree
    {
        /// <summary>Gets the only instance that is needed.</summary>
        public static Negative Instance { get; } = new();
    }

    /// <summary>Represents a name that does not exist, after which no alternative is tried. Written <c>!</c>.</summary>
    public sealed record Fail : NameTree
    {
        /// <summary>Gets the only instance that is needed.</summary>
        public static Fail Instance { get; } = new();
    }

    /// <summary>Represents a name that exists and has no address. Written <c>$</c>.</summary>
    public sealed record Empty : NameTree
    {
        /// <summary>Gets the only instance that is needed.</summary>
        public static Empty Instance { get; } = new();
    }
}
