using System.Collections.Immutable;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>The right-hand side of a dtab entry.</summary>
internal abstract record StandInTree
{
    public sealed record Leaf(DstPath Path) : StandInTree;

    public sealed record Alt(ImmutableArray<StandInTree> Branches) : StandInTree;

    public sealed record Union(ImmutableArray<(double Weight, StandInTree Tree)> Branches) : StandInTree;

    public sealed record Neg : StandInTree;

    public sealed record Fail : StandInTree;

    public sealed record Empty : StandInTree;

    /// <summary>This tree with what did not match a prefix behind each of its paths.</summary>
    public StandInTree Append(DstPath rest) => this switch
    {
        Leaf leaf => new Leaf(leaf.Path.Append(rest)),
        Alt alt => new Alt([.. alt.Branches.Select(branch => branch.Append(rest))]),
        Union union => new Union([.. union.Branches.Select(branch => (branch.Weight, branch.Tree.Append(rest)))]),
        _ => this,
    };
}
