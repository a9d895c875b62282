using System.Collections.Immutable;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What a name is bound to: trees of concrete ids. Two are equal where their ids and weights are.</summary>
internal abstract record BoundTree
{
    public sealed record Leaf(string Id) : BoundTree;

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

    /// <summary>The one id that <c>resolve</c> goes on with; null where there is none.</summary>
    public string? Draw(IRandomSource random)
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
