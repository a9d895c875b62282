using System.Collections.Immutable;

namespace Linkerd.Tcp;

/// <summary>Makes one resolution of the states of a tree's leaves. Pure: each kind of node is a case here, and has no state of its own.</summary>
internal static class TreeEvaluator
{
    public static Resolution Evaluate(NameTree tree, Func<DstPath, LeafState> leaves) => tree switch
    {
        NameTree.Leaf leaf => leaves(leaf.Path).Current,
        NameTree.Union union => EvaluateUnion(union, leaves),
        _ => throw new ArgumentException($"A tree of the kind {tree.GetType().Name} is not known.", nameof(tree)),
    };

    // Each branch becomes a group (a nested union several), so that the split is made anew at each pick. Branches that do not exist, or
    // are not known yet, are left out; one that is bound to nothing stays: the split gives its share to the others.
    private static Resolution EvaluateUnion(NameTree.Union union, Func<DstPath, LeafState> leaves)
    {
        var groups = ImmutableArray.CreateBuilder<EndpointGroup>(union.Branches.Length);
        var errors = new List<string>();
        var pending = false;
        foreach (var branch in union.Branches)
        {
            switch (branch.Tree is NameTree.Leaf leaf ? leaves(leaf.Path).AsBranch : Evaluate(branch.Tree, leaves))
            {
                case Resolution.Bound bound:
                    AddScaled(groups, bound.Endpoints.Groups, branch.Weight);
                    break;
                case Resolution.Failed failed:
                    errors.Add(failed.Error);
                    break;
                case Resolution.Pending:
                    pending = true;
                    break;
            }
        }

        // A set without endpoints is obeyed at once, so it is given only where it is the whole answer.
        var endpoints = new EndpointSet(groups.DrainToImmutable());
        var settled = errors.Count == 0 && !pending;
        return !endpoints.IsEmpty || (settled && !endpoints.Groups.IsEmpty) ? new Resolution.Bound(endpoints)
            : errors.Count > 0 ? new Resolution.Failed(string.Join("; ", errors.Distinct()))
            : pending ? Resolution.Pending.Instance
            : Resolution.Negative.Instance;
    }

    // The groups of a branch share its weight in proportion to their own; one group alone has the branch's weight.
    private static void AddScaled(ImmutableArray<EndpointGroup>.Builder groups, ImmutableArray<EndpointGroup> branch, double weight)
    {
        if (branch.IsEmpty)
        {
            groups.Add(new EndpointGroup([], weight));
            return;
        }

        var sum = branch.Sum(group => group.Weight);
        foreach (var group in branch)
        {
            var share = branch.Length == 1 ? 1 : sum > 0 ? group.Weight / sum : 1.0 / branch.Length;
            groups.Add(group.WithWeight(weight * share));
        }
    }
}
