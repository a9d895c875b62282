using System.Collections.Immutable;
using Linkerd.Tcp.Naming.Trees;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents the result of binding a name: a tree of concrete ids, each of which stands for a set of addresses. A closed set; immutable. Addresses are not part of it.
/// </summary>
/// <remarks>Finagle's <c>NameTree[Name.Bound]</c>; <c>union</c>, <c>leaf</c> and so on of namerd's <c>bind</c>.</remarks>
public abstract record BoundTree
{
    private protected BoundTree()
    {
    }

    /// <summary>Represents a set of addresses.</summary>
    /// <param name="Id">The concrete name, such as <c>/#/io.l5d.fs/web</c>: equal ids share one set.</param>
    /// <param name="Residual">The rest of the name, which is for the next hop; <see cref="DstPath.Root"/> if there is none.</param>
    public sealed record Leaf(DstPath Id, DstPath Residual) : BoundTree
    {
        /// <inheritdoc/>
        public override string ToString() => Id.ToString();
    }

    /// <summary>Represents the first branch that is not negative. namerd's own binder resolves these; a transformer of its may leave some.</summary>
    /// <param name="Branches">The branches, the first choice first.</param>
    public sealed record Alt(ImmutableArray<BoundTree> Branches) : BoundTree
    {
        /// <inheritdoc/>
        public bool Equals(Alt? other) => other is not null && Branches.AsSpan().SequenceEqual(other.Branches.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashOf.Items(Branches);

        /// <inheritdoc/>
        public override string ToString() => $"({string.Join(" | ", Branches)})";
    }

    /// <summary>Represents branches that share the traffic in proportion to their weights.</summary>
    public sealed record Union(ImmutableArray<WeightedBoundTree> Branches) : BoundTree
    {
        /// <inheritdoc/>
        public bool Equals(Union? other) => other is not null && Branches.AsSpan().SequenceEqual(other.Branches.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashOf.Items(Branches);

        /// <inheritdoc/>
        public override string ToString() => $"({string.Join(" & ", Branches)})";
    }

    /// <summary>Represents a name that does not exist.</summary>
    public sealed record Negative : BoundTree
    {
        /// <summary>Gets the only instance that is needed.</summary>
        public static Negative Instance { get; } = new();

        /// <inheritdoc/>
        public override string ToString() => "~";
    }

    /// <summary>Represents a name that does not exist, for which no further alternative was to be tried.</summary>
    public sealed record Fail : BoundTree
    {
        /// <summary>Gets the only instance that is needed.</summary>
        public static Fail Instance { get; } = new();

        /// <inheritdoc/>
        public override string ToString() => "!";
    }

    /// <summary>Represents a name that exists, and has no address.</summary>
    public sealed record Empty : BoundTree
    {
        /// <summary>Gets the only instance that is needed.</summary>
        public static Empty Instance { get; } = new();

        /// <inheritdoc/>
        public override string ToString() => "$";
    }
}
