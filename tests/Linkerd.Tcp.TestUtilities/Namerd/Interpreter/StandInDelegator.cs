using System.Collections.Immutable;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Shows how names are bound, as namerd's <c>delegate</c> does: all alternatives, also those that binding does not come to.</summary>
/// <param name="dtab">The dtab of the namespace, and what the request adds to it.</param>
/// <param name="script">What is said about a name directly; null where nothing is.</param>
/// <param name="namers">The rest.</param>
internal sealed class StandInDelegator(StandInDtab dtab, Func<DstPath, BoundTree?> script, StandInNamers namers)
{
    private const int MaxDepth = 100;
    private const int MaxSteps = 10_000;
    private int _steps;

    /// <summary>The delegation of a name.</summary>
    /// <exception cref="DelegationException">It is deeper than namerd goes.</exception>
    /// <exception cref="TimeoutException">It has so many branches that namerd would not come to an end.</exception>
    public DelegateTree Delegate(DstPath name)
    {
        _steps = 0;
        return Bind(new DelegateTree.Name(name, Entry: null, name), 0).Simplify();
    }

    private DelegateTree Bind(DelegateTree tree, int depth)
    {
        if (++_steps > MaxSteps)
        {
            throw new TimeoutException();
        }

        if (depth > MaxDepth)
        {
            throw new DelegationException("Max recursion level reached.");
        }

        return tree switch
        {
            DelegateTree.Name name => Bind(Lookup(name.Next, name.Entry), depth + 1),
            DelegateTree.Step step => step with { Next = Bind(step.Next, depth) },
            DelegateTree.Alt alt => alt with { Branches = [.. alt.Branches.Select(branch => TryBind(branch, depth, alt))] },
            DelegateTree.Union union => union with { Branches = [.. union.Branches.Select(branch => (branch.Weight, TryBind(branch.Tree, depth, union)))] },
            _ => tree,
        };
    }

    private DelegateTree TryBind(DelegateTree branch, int depth, DelegateTree around)
    {
        try
        {
            return Bind(branch, depth);
        }
        catch (DelegationException exception)
        {
            return new DelegateTree.Throws(around.Path, around.Entry, exception.Message);
        }
    }

    private DelegateTree Lookup(DstPath name, DtabEntry? entry)
    {
        if (script(name) is { } scripted)
        {
            return Of(name, entry, scripted);
        }

        var found = dtab.LookupEntries(name).Select(match => Of(name, match.Entry, match.Tree)).ToImmutableArray();
        return found.Length switch
        {
            0 => Of(name, entry, namers.Lookup(name)),
            1 => new DelegateTree.Step(name, entry, found[0]),
            _ => new DelegateTree.Alt(name, entry, found),
        };
    }

    private static DelegateTree Of(DstPath name, DtabEntry entry, StandInTree tree) => tree switch
    {
        StandInTree.Leaf leaf => new DelegateTree.Name(name, entry, leaf.Path),
        StandInTree.Empty => new DelegateTree.Empty(name, entry),
        StandInTree.Fail => new DelegateTree.Fail(name, entry),
        StandInTree.Alt alt => new DelegateTree.Alt(name, entry, [.. alt.Branches.Select(branch => Of(name, entry, branch))]),
        StandInTree.Union union => new DelegateTree.Union(name, entry, [.. union.Branches.Select(branch => (branch.Weight, Of(name, entry, branch.Tree)))]),
        _ => new DelegateTree.Neg(DstPath.Root, entry),
    };

    private static DelegateTree Of(DstPath name, DtabEntry? entry, BoundTree tree) => tree switch
    {
        BoundTree.Leaf leaf => new DelegateTree.Leaf(name, entry, leaf),
        BoundTree.Empty => new DelegateTree.Empty(name, entry),
        BoundTree.Fail => new DelegateTree.Fail(name, entry),
        BoundTree.Throws throws => new DelegateTree.Throws(name, entry, $"Unknown namer: {throws.Message} for path: {name}"),
        BoundTree.Union union => new DelegateTree.Union(name, entry, [.. union.Branches.Select(branch => (branch.Weight, Of(name, entry, branch.Tree)))]),
        _ => new DelegateTree.Neg(name, entry),
    };
}
