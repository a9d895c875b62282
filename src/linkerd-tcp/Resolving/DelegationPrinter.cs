using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Prints how a name is bound, as a tree: each step, the entry of the dtab that led there, and its end.</summary>
internal sealed class DelegationPrinter
{
    private readonly NameSnapshot _snapshot;
    private readonly List<string> _lines = [];

    private DelegationPrinter(NameSnapshot snapshot) => _snapshot = snapshot;

    /// <summary>Prints the lines.</summary>
    /// <param name="tree">The delegation of the name.</param>
    /// <param name="snapshot">The states of the leaves.</param>
    public static IReadOnlyList<string> Print(DelegateTree tree, NameSnapshot snapshot)
    {
        var printer = new DelegationPrinter(snapshot);
        printer.Print(tree, new Place(string.Empty, string.Empty, null, null, false));
        return printer._lines;
    }

    private void Print(DelegateTree tree, Place place)
    {
        var weight = place.Weight is { } share ? $"{WeightText.Print(share)} * " : string.Empty;
        var by = EntryOf(tree);
        var entry = by is null || by == place.Entry ? string.Empty : $"  [{by}]";
        var unused = place.IsUnused && IsEnd(tree) ? ", not used" : string.Empty;
        _lines.Add($"{place.First}{weight}{PathOf(tree)}{Describe(tree)}{unused}{entry}");
        switch (tree)
        {
            case DelegateTree.Step step:
                PrintBranches([(null, step.Tree, place.IsUnused)], tree, place);
                break;
            case DelegateTree.Transformation transformation:
                PrintBranches([(null, transformation.Tree, place.IsUnused)], tree, place);
                break;
            case DelegateTree.Union union:
                PrintBranches([.. union.Branches.Select(branch => ((double?)branch.Weight, branch.Tree, place.IsUnused))], tree, place);
                break;
            case DelegateTree.Alt alt:
                var used = alt.Branches.TakeWhile(IsNegative).Count();
                PrintBranches([.. alt.Branches.Select((branch, i) => ((double?)null, branch, place.IsUnused || i > used))], tree, place);
                break;
        }
    }

    private void PrintBranches(IReadOnlyList<(double? Weight, DelegateTree Tree, bool IsUnused)> branches, DelegateTree parent, Place place)
    {
        var entry = EntryOf(parent) ?? place.Entry;
        for (var i = 0; i < branches.Count; i++)
        {
            var isLast = i == branches.Count - 1;
            var (weight, tree, isUnused) = branches[i];
            Print(tree, new Place(
                place.Rest + (isLast ? "└─ " : "├─ "), place.Rest + (isLast ? "   " : "│  "), weight, entry, isUnused));
        }
    }

    // A step that does not change the name is left out, and the entry that it was by is only found on the branches.
    private static DtabEntry? EntryOf(DelegateTree tree) => tree.Entry ?? tree switch
    {
        DelegateTree.Union { Branches: [var first, ..] } union when union.Branches.All(branch => branch.Tree.Entry == first.Tree.Entry) => first.Tree.Entry,
        DelegateTree.Alt { Branches: [var first, ..] } alt when alt.Branches.All(branch => branch.Entry == first.Entry) => first.Entry,
        _ => null,
    };

    private static string PathOf(DelegateTree tree) => tree switch
    {
        DelegateTree.Negative { Path.Count: 0 } => "~",
        DelegateTree.Fail when tree.Path.Count == 0 || tree.Entry?.Tree is NameTree.Fail => "!",
        DelegateTree.Empty when tree.Entry?.Tree is NameTree.Empty => "$",
        _ => tree.Path.ToString(),
    };

    private string Describe(DelegateTree tree) => tree switch
    {
        DelegateTree.Leaf leaf => Describe(leaf),
        DelegateTree.Negative => "  negative",
        DelegateTree.Fail => "  fail",
        DelegateTree.Empty => "  empty",
        DelegateTree.Failed failed => $"  error: {failed.Error}",
        DelegateTree.Pending => "  pending",
        DelegateTree.Alt => "  first of",
        DelegateTree.Union => "  split",
        DelegateTree.Transformation transformation => $"  transformed by {transformation.Name}",
        _ => string.Empty,
    };

    private string Describe(DelegateTree.Leaf leaf)
    {
        var id = leaf.Bound.Id == leaf.Path ? string.Empty : $" = {leaf.Bound.Id}";
        var residual = leaf.Bound.Residual.Count == 0 ? string.Empty : $" and then {leaf.Bound.Residual}";
        return id + residual + (_snapshot.Leaves.GetValueOrDefault(leaf.Bound.Id) switch
        {
            null => string.Empty,
            Resolution.Bound bound => bound.Endpoints.Count == 1 ? "  1 endpoint" : $"  {bound.Endpoints.Count} endpoints",
            var state => $"  {state}",
        });
    }

    private static bool IsEnd(DelegateTree tree) => tree is DelegateTree.Leaf or DelegateTree.Empty or DelegateTree.Fail or DelegateTree.Failed or DelegateTree.Pending;

    private static bool IsNegative(DelegateTree tree) => tree switch
    {
        DelegateTree.Negative => true,
        DelegateTree.Step step => IsNegative(step.Tree),
        DelegateTree.Alt alt => alt.Branches.All(IsNegative),

        // Several branches that fail or are negative have no result; one that fails alone has.
        DelegateTree.Union union => union.Branches.All(branch => IsNegative(branch.Tree) || branch.Tree is DelegateTree.Fail),
        _ => false,
    };

    /// <param name="First">The text before the node.</param>
    /// <param name="Rest">The text before the lines below it.</param>
    /// <param name="Weight">Its weight in a union.</param>
    /// <param name="Entry">The entry that was printed last on the way here.</param>
    /// <param name="IsUnused">True if an alternative before it counts.</param>
    private sealed record Place(string First, string Rest, double? Weight, DtabEntry? Entry, bool IsUnused);
}
