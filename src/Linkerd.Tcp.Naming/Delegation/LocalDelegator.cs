using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Naming.Binding;

namespace Linkerd.Tcp.Naming.Delegation;

/// <summary>
/// Follows a name through a dtab and the current state of namers, with all alternatives, within the budget of a binding: alternatives that all lead
/// back to themselves are as many as in a binding. For one delegation.
/// </summary>
/// <param name="dtab">The dtab.</param>
/// <param name="namers">Gets the binding of a name for which the dtab has no entry.</param>
/// <remarks>linkerd's <c>ConfiguredNamersInterpreter.delegate</c>, with the result of <c>DelegateTree.simplified</c>.</remarks>
internal sealed class LocalDelegator(Dtab dtab, Func<DstPath, NameBinding> namers)
{
    private const int MaxDepth = 100;
    private const string TooDeep = "Max recursion level reached.";
    private int _steps;

    /// <summary>Gets a value that indicates whether a namer had not answered.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Follows a name.</summary>
    public DelegateTree Delegate(DstPath name) => Run(name, () => Follow(name, null, 0));

    /// <summary>Follows the tree of a name for which the dtab is not used.</summary>
    public DelegateTree Delegate(DstPath name, NameTree tree)
    {
        var entry = new DtabEntry(DtabPrefix.Of(name), tree);
        return Run(name, () => DelegateTrees.Step(name, null, Lead(tree, DstPath.Root, name, entry, 1)));
    }

    private DelegateTree Run(DstPath name, Func<DelegateTree?> follow)
    {
        try
        {
            return RunDeep(follow) ?? new DelegateTree.Failed(name, null, TooDeep);
        }
        catch (OverBudgetException)
        {
            return new DelegateTree.Failed(name, null, string.Create(
                CultureInfo.InvariantCulture,
                $"following every alternative takes more than {TreeBinder.MaxSteps} steps: the dtab has entries that lead back to themselves, or far too many alternatives"));
        }
    }

    private DelegateTree? RunDeep(Func<DelegateTree?> follow)
    {
        try
        {
            return follow();
        }
        catch (InsufficientExecutionStackException)
        {
            (_steps, IsPending) = (0, false);
            return DeepStack.Run(follow);
        }
    }

    // Null if the depth limit is exceeded. That is an error of the alternative or union above, as in linkerd.
    private DelegateTree? Follow(DstPath name, DtabEntry? entry, int depth)
    {
        if (depth == MaxDepth)
        {
            return null;
        }

        var first = dtab.FindLast(name, dtab.Entries.Length);
        if (first < 0)
        {
            return AskNamers(name, entry);
        }

        if (dtab.FindLast(name, first) < 0)
        {
            return dtab.Entries[first].Tree is NameTree.Negative ? AskNamersToo(name, entry, dtab.Entries[first])
                : DelegateTrees.Step(name, entry, Lead(dtab.Entries[first], name, depth + 1));
        }

        var branches = ImmutableArray.CreateBuilder<DelegateTree>();
        for (var i = first; i >= 0; i = dtab.FindLast(name, i))
        {
            branches.Add(Lead(dtab.Entries[i], name, depth + 1) ?? new DelegateTree.Failed(name, entry, TooDeep));
        }

        return DelegateTrees.Alt(name, entry, branches);
    }

    private DelegateTree? Lead(DtabEntry entry, DstPath name, int depth) => Lead(entry.Tree, name.Skip(entry.Prefix.Count), name, entry, depth);

    private DelegateTree? Lead(NameTree tree, DstPath rest, DstPath name, DtabEntry entry, int depth)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_steps > TreeBinder.MaxSteps)
        {
            throw new OverBudgetException();
        }

        switch (tree)
        {
            case NameTree.Leaf leaf:
                return Follow(leaf.Path.Append(rest), entry, depth);
            case NameTree.Alt alt:
                var alternatives = ImmutableArray.CreateBuilder<DelegateTree>(alt.Branches.Length);
                foreach (var branch in alt.Branches)
                {
                    alternatives.Add(Lead(branch, rest, name, entry, depth) ?? new DelegateTree.Failed(name, entry, TooDeep));
                }

                return DelegateTrees.Alt(name, entry, alternatives);
            case NameTree.Union union:
                var branches = ImmutableArray.CreateBuilder<WeightedDelegateTree>(union.Branches.Length);
                foreach (var branch in union.Branches)
                {
                    branches.Add(new(branch.Weight, Lead(branch.Tree, rest, name, entry, depth) ?? new DelegateTree.Failed(name, entry, TooDeep)));
                }

                return new DelegateTree.Union(name, entry, branches.MoveToImmutable());
            case NameTree.Fail:
                return new DelegateTree.Fail(name, entry);
            case NameTree.Empty:
                return new DelegateTree.Empty(name, entry);
            default:
                return new DelegateTree.Negative(DstPath.Root, entry);
        }
    }

    // If the only entry gives no information, the name is left to the namers, as in a binding, although namerd's own delegation does not show it.
    private DelegateTree AskNamersToo(DstPath name, DtabEntry? entry, DtabEntry nothing)
    {
        var silent = new DelegateTree.Negative(DstPath.Root, nothing);
        var known = AskNamers(name, entry);
        return known is DelegateTree.Negative ? DelegateTrees.Step(name, entry, silent)! : new DelegateTree.Alt(name, entry, [silent, known]);
    }

    private DelegateTree AskNamers(DstPath name, DtabEntry? entry)
    {
        switch (namers(name))
        {
            case NameBinding.Bound { Tree: BoundTree.Leaf leaf }:
                return new DelegateTree.Leaf(name, entry, leaf);
            case NameBinding.Bound { Tree: BoundTree.Fail }:
                return new DelegateTree.Fail(name, entry);
            case NameBinding.Bound { Tree: BoundTree.Empty }:
                return new DelegateTree.Empty(name, entry);
            case NameBinding.Failed failed:
                return new DelegateTree.Failed(name, entry, failed.Error);
            case NameBinding.Pending:
                IsPending = true;
                return new DelegateTree.Pending(name, entry);
            default:
                return new DelegateTree.Negative(name, entry);
        }
    }

    private sealed class OverBudgetException : Exception;
}
