using System.Globalization;
using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Naming.Binding;

/// <summary>
/// Binds a tree of names once, by a dtab and the current state of namers. Binding explores every branch, so two entries that both lead back to
/// themselves take 2^100 steps in spite of the limit of depth (they kill a real namerd): therefore the budget. For one binding.
/// </summary>
/// <param name="dtab">The dtab.</param>
/// <param name="namers">Gets the binding of a name for which the dtab has no entry.</param>
/// <remarks>Finagle's <c>Dtab.lookup</c> and <c>Namer.bind</c>.</remarks>
internal sealed class TreeBinder(Dtab dtab, Func<DstPath, NameBinding> namers)
{
    public const int MaxSteps = 10_000;
    private const int MaxDepth = 100;
    private const int CharactersPerStep = 256;
    private int _steps;

    /// <summary>Binds a tree. A tree that cannot be bound (a loop, a budget that is used up) is a <see cref="NameBinding.Failed"/>.</summary>
    public NameBinding Bind(NameTree tree)
    {
        try
        {
            return Bind(tree, DstPath.Root, 0);
        }
        catch (InsufficientExecutionStackException)
        {
            _steps = 0;
            return DeepStack.Run(() => Bind(tree, DstPath.Root, 0));
        }
    }

    // "rest" is the continuation of the names at the leaves of the tree: appending it to a copy of the tree would make each step as long as the tree.
    private NameBinding Bind(NameTree tree, DstPath rest, int depth)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_steps > MaxSteps)
        {
            return OverBudget();
        }

        return tree switch
        {
            NameTree.Leaf leaf => BindName(leaf.Path.Append(rest), depth),
            NameTree.Alt alt => BindAlt(alt, rest, depth),
            NameTree.Union union => BindUnion(union, rest, depth),
            NameTree.Fail => NameBinding.Bound.Fail,
            NameTree.Empty => NameBinding.Bound.Empty,
            _ => NameBinding.Bound.Negative,
        };
    }

    private NameBinding BindName(DstPath name, int depth)
    {
        if (depth > MaxDepth)
        {
            return new NameBinding.Failed(string.Create(CultureInfo.InvariantCulture, $"Max recursion level: {MaxDepth} reached in Namer lookup"));
        }

        // A long name is several steps: an entry that loops makes it longer each time.
        _steps += name.ToString().Length / CharactersPerStep;
        var first = dtab.FindLast(name, dtab.Entries.Length);
        var next = first < 0 ? -1 : dtab.FindLast(name, first);

        // An entry without information leaves the name to the namers, as if it were not there; but only if it is alone.
        if (first < 0 || (next < 0 && dtab.Entries[first].Tree is NameTree.Negative))
        {
            return namers(name);
        }

        // Later entries win, and earlier ones are their fall-back: an alternative of all that match.
        for (var i = first; i >= 0; i = dtab.FindLast(name, i))
        {
            var entry = dtab.Entries[i];
            var bound = Bind(entry.Tree, name.Skip(entry.Prefix.Count), depth + 1);
            if (!IsNegative(bound))
            {
                return bound;
            }
        }

        return NameBinding.Bound.Negative;
    }

    // Only "~" goes on to the next branch. A leaf is final whatever its addresses, and so is one that is pending or fails: its later state is not known.
    private NameBinding BindAlt(NameTree.Alt alt, DstPath rest, int depth)
    {
        foreach (var branch in alt.Branches)
        {
            var bound = Bind(branch, rest, depth);
            if (!IsNegative(bound))
            {
                return bound;
            }
        }

        return NameBinding.Bound.Negative;
    }

    private static bool IsNegative(NameBinding binding) => binding is NameBinding.Bound { Tree: BoundTree.Negative };

    private NameBinding BindUnion(NameTree.Union union, DstPath rest, int depth)
    {
        var settled = new List<WeightedBoundTree>(union.Branches.Length);
        NameBinding.Failed? failed = null;
        foreach (var branch in union.Branches)
        {
            switch (Bind(branch.Tree, rest, depth))
            {
                case NameBinding.Bound bound:
                    settled.Add(new WeightedBoundTree(branch.Weight, bound.Tree));
                    break;

                // The budget is of the whole binding, and a part of a tree would be given for the whole.
                case NameBinding.Failed when _steps > MaxSteps:
                    return OverBudget();
                case NameBinding.Failed error:
                    failed ??= error;
                    break;
            }
        }

        if (settled.Count == 0)
        {
            return failed ?? (NameBinding)NameBinding.Pending.Instance;
        }

        if (settled.Count > 1)
        {
            settled.RemoveAll(branch => branch.Tree is BoundTree.Negative or BoundTree.Fail);
        }

        return settled.Count switch
        {
            0 => NameBinding.Bound.Negative,
            1 => new NameBinding.Bound(settled[0].Tree),
            _ => new NameBinding.Bound(new BoundTree.Union([.. settled])),
        };
    }

    private static NameBinding.Failed OverBudget() => new(string.Create(
        CultureInfo.InvariantCulture, $"binding takes more than {MaxSteps} steps: the dtab has entries that lead back to themselves, or far too many alternatives"));
}
