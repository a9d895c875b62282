using System.Collections.Immutable;
using Linkerd.Tcp.Naming.Trees;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// How a name comes to be bound: each step from the name to its leaves, with the entry of the dtab that led there. All alternatives are in it, also those that
/// binding does not come to because an earlier one is not negative. A closed set; immutable.
/// </summary>
/// <param name="Path">The name at this place; <see cref="DstPath.Root"/> if there is none, as for <c>~</c> in a dtab.</param>
/// <param name="Entry">The entry of the dtab that led here; null if there is none, as at the root.</param>
/// <remarks>linkerd's <c>DelegateTree[Name.Bound]</c>; <c>delegate</c> of namerd.</remarks>
public abstract record DelegateTree(DstPath Path, DtabEntry? Entry)
{
    /// <summary>A set of addresses.</summary>
    /// <param name="Path">The name that a namer knew.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    /// <param name="Bound">The leaf that it is bound to.</param>
    public sealed record Leaf(DstPath Path, DtabEntry? Entry, BoundTree.Leaf Bound) : DelegateTree(Path, Entry);

    /// <summary>The name does not exist: an alternative continues with its next branch. namerd's <c>neg</c>.</summary>
    /// <param name="Path">The name that no namer knew; <see cref="DstPath.Root"/> for <c>~</c> in a dtab.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    public sealed record Negative(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    /// <summary>The name does not exist, and no alternative is tried.</summary>
    /// <param name="Path">The name; namerd says only whether it is under <c>/$/fail</c>, and <see cref="DstPath.Root"/> stands here if it is not.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    public sealed record Fail(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    /// <summary>The name exists, and has no address.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    public sealed record Empty(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    /// <summary>The state of the name cannot be determined. namerd's <c>exception</c>.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    /// <param name="Error">Why, in words.</param>
    public sealed record Failed(DstPath Path, DtabEntry? Entry, string Error) : DelegateTree(Path, Entry);

    /// <summary>The namer of the name has not answered yet. namerd does not have this.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    public sealed record Pending(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

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
