using System.Collections.Immutable;
using Linkerd.Tcp.Naming.Trees;

namespace Linkerd.Tcp.Naming;

/// <content>What has further trees below it.</content>
public abstract partial record DelegateTree
{
    /// <summary>A name that leads to one tree. namerd's <c>delegate</c>.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led to it; the one that leads on is the entry of <paramref name="Tree"/>.</param>
    /// <param name="Tree">The tree of the branch.</param>
    public sealed record Step(DstPath Path, DtabEntry? Entry, DelegateTree Tree) : DelegateTree(Path, Entry);

    /// <summary>Alternatives: the first one that is not negative counts.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    /// <param name="Branches">The first choice first.</param>
    public sealed record Alt(DstPath Path, DtabEntry? Entry, ImmutableArray<DelegateTree> Branches) : DelegateTree(Path, Entry)
    {
        /// <inheritdoc/>
        public bool Equals(Alt? other) => other is not null && base.Equals(other) && Branches.AsSpan().SequenceEqual(other.Branches.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), HashOf.Items(Branches));
    }

    /// <summary>Branches that share the traffic in proportion to their weights.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    /// <param name="Branches">The branches.</param>
    public sealed record Union(DstPath Path, DtabEntry? Entry, ImmutableArray<WeightedDelegateTree> Branches) : DelegateTree(Path, Entry)
    {
        /// <inheritdoc/>
        public bool Equals(Union? other) => other is not null && base.Equals(other) && Branches.AsSpan().SequenceEqual(other.Branches.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), HashOf.Items(Branches));
    }

    /// <summary>A leaf whose addresses a transformer of namerd replaces.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Name">The transformer, as namerd calls it.</param>
    /// <param name="Bound">The leaf before the transformation.</param>
    /// <param name="Tree">The tree after the transformation.</param>
    public sealed record Transformation(DstPath Path, string Name, BoundTree.Leaf Bound, DelegateTree Tree) : DelegateTree(Path, null);
}
