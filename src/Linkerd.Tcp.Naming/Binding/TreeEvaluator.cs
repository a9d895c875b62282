using System.Collections.Immutable;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Naming.Binding;

/// <summary>Combines the states of a tree's leaves into one resolution. Pure: each kind of node is a case here, and has no state of its own.</summary>
internal static class TreeEvaluator
{
    private static readonly Resolution Nothing = new Resolution.Bound(EndpointSet.Empty);

    public static Resolution Evaluate(BoundTree tree, Func<DstPath, LeafState> leaves) => tree switch
    {
        BoundTree.Leaf leaf => leaves(leaf.Id).Current,
        BoundTree.Union { Branches: [var only] } => Evaluate(only.Tree, leaves),
        BoundTree.Union union => EvaluateUnion(union, leaves),
        BoundTree.Alt alt => EvaluateAlt(alt, leaves),
        BoundTree.Empty => Nothing,
        _ => Resolution.Negative.Instance,
    };

    // Like binding: by names only, never by addresses.
    private static Resolution EvaluateAlt(BoundTree.Alt alt, Func<DstPath, LeafState> leaves) =>
        FirstOf(alt) is { } first ? Evaluate(first, leaves) : Resolution.Negative.Instance;

    private static BoundTree? FirstOf(BoundTree.Alt alt) => alt.Branches.FirstOrDefault(branch => branch is not BoundTree.Negative);

    // Each branch becomes a group (a nested union several), so that the split is drawn again at each pick. Branches that do not exist, or
    // are not known yet, are left out; one that is bound to nothing stays: the split gives its share to the others.
    private static Resolution EvaluateUnion(BoundTree.Union union, Func<DstPath, LeafState> leaves)
    {
        var groups = ImmutableArray.CreateBuilder<EndpointGroup>(union.Branches.Length);
        var errors = new List<string>();
        var pending = false;
        foreach (var branch in union.Branches)
        {
            switch (branch.Tree is BoundTree.Leaf leaf ? leaves(leaf.Id).AsBranch : Evaluate(branch.Tree, leaves))
            {
                case Resolution.Bound bound:
                    AddScaled(groups, bound.Endpoints.Groups, branch.Weight, LeafOf(branch.Tree));
                    break;
                case Resolution.Failed failed:
                    errors.Add(failed.Error);
                    break;
                case Resolution.Pending:
                    pending = true;
                    break;
            }
        }

        // A set without endpoints takes effect at once, so it is returned only if it is the whole answer.
        var endpoints = new EndpointSet(groups.DrainToImmutable());
        var settled = errors.Count == 0 && !pending;
        return !endpoints.IsEmpty || (settled && !endpoints.Groups.IsEmpty) ? new Resolution.Bound(endpoints)
            : errors.Count > 0 ? new Resolution.Failed(string.Join("; ", errors.Distinct()))
            : pending ? Resolution.Pending.Instance
            : Resolution.Negative.Instance;
    }

    // The name that a branch is bound to if it is one name; the groups of a union have their own.
    private static DstPath? LeafOf(BoundTree tree) => tree switch
    {
        BoundTree.Leaf leaf => leaf.Id,
        BoundTree.Union { Branches: [var only] } => LeafOf(only.Tree),
        BoundTree.Alt alt => FirstOf(alt) is { } first ? LeafOf(first) : null,
        _ => null,
    };

    // The groups of a branch share its weight in proportion to their own, tier by tier; one group alone has the branch's weight.
    private static void AddScaled(ImmutableArray<EndpointGroup>.Builder groups, ImmutableArray<EndpointGroup> branch, double weight, DstPath? leaf)
    {
        if (branch.IsEmpty)
        {
            groups.Add(new EndpointGroup([]).WithWeight(weight, SourceOf(leaf, 0)));
            return;
        }

        if (branch is [var only])
        {
            groups.Add(only.WithWeight(weight, SourceOf(leaf, 0)));
            return;
        }

        var tiers = new Dictionary<int, (double Sum, int Count)>();
        foreach (var group in branch)
        {
            var (sum, count) = tiers.GetValueOrDefault(group.Tier);
            tiers[group.Tier] = (sum + group.Weight, count + 1);
        }

        for (var i = 0; i < branch.Length; i++)
        {
            var group = branch[i];
            var (sum, count) = tiers[group.Tier];
            var share = count == 1 ? 1 : sum > 0 ? group.Weight / sum : 1.0 / count;
            groups.Add(group.WithWeight(weight * share, SourceOf(leaf, i)));
        }
    }

    private static GroupSource? SourceOf(DstPath? leaf, int number) => leaf is null ? null : new GroupSource(leaf, number);
}
