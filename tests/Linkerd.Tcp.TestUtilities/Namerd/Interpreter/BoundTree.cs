using System.Collections.Immutable;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What a name is bound to: trees of concrete ids. Two are equal where their ids and weights are.</summary>
internal abstract record BoundTree
{
    /// <summary>A concrete id.</summary>
    /// <param name="Id">What <c>addr</c> is asked about.</param>
    /// <param name="Residual">What of the name is left for the next hop; of no account where trees are compared.</param>
    /// <param name="Weight">The weight of the branch of the innermost union around it, which is among the metadata of its addresses; of no account either.</param>
    public sealed record Leaf(DstPath Id, DstPath Residual, double? Weight = null) : BoundTree
    {
        public bool Equals(Leaf? other) => other is not null && Id == other.Id;

        public override int GetHashCode() => Id.GetHashCode();
    }

    public sealed record Union(ImmutableArray<(double Weight, BoundTree Tree)> Branches) : BoundTree
    {
        public bool Equals(Union? other) => other is not null && Branches.SequenceEqual(other.Branches);

        public override int GetHashCode() => Branches.Length;
    }

    public sealed record Neg : BoundTree;

    public sealed record Fail : BoundTree;

    public sealed record Empty : BoundTree;

    public sealed record Pending : BoundTree;

    /// <summary>Binding throws, with this message.</summary>
    public sealed record Throws(string Message) : BoundTree;

    /// <summary>What the branches of a union come to: what is pending or throws is left out, a single one stands for itself, and negative ones are dropped.</summary>
    public static BoundTree OfBranches(IEnumerable<(double Weight, BoundTree Tree)> branches)
    {
        var bound = branches.ToList();
        var settled = bound.Where(branch => branch.Tree is not (Pending or Throws)).ToImmutableArray();
        if (settled.Length <= 1)
        {
            return settled.Length == 1 ? settled[0].Tree : (bound.Find(branch => branch.Tree is Throws).Tree ?? new Pending());
        }

        var kept = settled.RemoveAll(branch => branch.Tree is Neg or Fail);
        return kept.Length switch
        {
            0 => new Neg(),
            1 => kept[0].Tree,
            _ => new Union(kept),
        };
    }

    /// <summary>The one id that <c>resolve</c> goes on with; null where there is none.</summary>
    public DstPath? Draw(Random random)
    {
        if (this is not Union union)
        {
            return (this as Leaf)?.Id;
        }

        var total = union.Branches.Sum(branch => branch.Weight);
        var at = random.NextDouble() * (total > 0 ? total : union.Branches.Length);
        foreach (var (weight, tree) in union.Branches)
        {
            at -= total > 0 ? weight : 1;
            if (at < 0)
            {
                return tree.Draw(random);
            }
        }

        return union.Branches[^1].Tree.Draw(random);
    }
}
