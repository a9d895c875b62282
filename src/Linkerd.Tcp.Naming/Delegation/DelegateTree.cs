using System.Collections.Immutable;
using Linkerd.Tcp.Naming.Trees;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents the binding of a name: each step from the name to its leaves, with the entry of the dtab that led there. It contains all alternatives, also those that
/// binding does not use because an earlier one is not negative. A closed set; immutable.
/// </summary>
/// <param name="Path">The name at this place; <see cref="DstPath.Root"/> if there is none, as for <c>~</c> in a dtab.</param>
/// <param name="Entry">The entry of the dtab that led here; null if there is none, as at the root.</param>
/// <remarks>linkerd's <c>DelegateTree[Name.Bound]</c>; <c>delegate</c> of namerd.</remarks>
public abstract record DelegateTree(DstPath Path, DtabEntry? Entry)
{
    /// <summary>Represents a set of addresses.</summary>
    /// <param name="Path">The name that a namer found.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    /// <param name="Bound">The leaf that the name is bound to.</param>
    public sealed record Leaf(DstPath Path, DtabEntry? Entry, BoundTree.Leaf Bound) : DelegateTree(Path, Entry);

    /// <summary>Represents a name that does not exist: an alternative continues with its next branch. namerd's <c>neg</c>.</summary>
    /// <param name="Path">The name that no namer found; <see cref="DstPath.Root"/> for <c>~</c> in a dtab.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    public sealed record Negative(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    /// <summary>Represents a name that does not exist, and ends an alternative: no further branch is tried.</summary>
    /// <param name="Path">The name. namerd reports it only if it is under <c>/$/fail</c>; otherwise <see cref="DstPath.Root"/> takes its place.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    public sealed record Fail(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    /// <summary>Represents a name that exists and has no address.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    public sealed record Empty(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    /// <summary>Represents a name whose state cannot be determined. namerd's <c>exception</c>.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    /// <param name="Error">The message with the reason.</param>
    public sealed record Failed(DstPath Path, DtabEntry? Entry, string Error) : DelegateTree(Path, Entry);

    /// <summary>Represents a name whose namer has not answered yet. namerd has no such node.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    public sealed record Pending(DstPath Path, DtabEntry? Entry) : DelegateTree(Path, Entry);

    /// <summary>Represents a name that leads to one tree. namerd's <c>delegate</c>.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led to the name; the one that leads on is the entry of <paramref name="Tree"/>.</param>
    /// <param name="Tree">The tree of the branch.</param>
    public sealed record Step(DstPath Path, DtabEntry? Entry, DelegateTree Tree) : DelegateTree(Path, Entry);

    /// <summary>Represents alternatives: the first one that is not negative is used.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Entry">The entry of the dtab that led here.</param>
    /// <param name="Branches">The branches, in order of preference.</param>
    public sealed record Alt(DstPath Path, DtabEntry? Entry, ImmutableArray<DelegateTree> Branches) : DelegateTree(Path, Entry)
    {
        /// <inheritdoc/>
        public bool Equals(Alt? other) => other is not null && base.Equals(other) && Branches.AsSpan().SequenceEqual(other.Branches.AsSpan());

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), HashOf.Items(Branches));
    }

    /// <summary>Represents branches that share the traffic in proportion to their weights.</summary>
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

    /// <summary>Represents a leaf whose addresses a transformer of namerd replaces.</summary>
    /// <param name="Path">The name.</param>
    /// <param name="Name">The name of the transformer in namerd.</param>
    /// <param name="Bound">The leaf before the transformation.</param>
    /// <param name="Tree">The tree after the transformation.</param>
    public sealed record Transformation(DstPath Path, string Name, BoundTree.Leaf Bound, DelegateTree Tree) : DelegateTree(Path, null);
}
