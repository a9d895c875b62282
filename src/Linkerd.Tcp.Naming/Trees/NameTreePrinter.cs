namespace Linkerd.Tcp.Naming.Trees;

/// <summary>Prints trees and dtabs in one of the formats. A tree that binds weaker than its place stands in parentheses.</summary>
internal readonly struct NameTreePrinter(NameTreeFormat format)
{
    private bool IsNamerd => format == NameTreeFormat.Namerd;

    public string Print(NameTree tree) => tree is NameTree.Alt alt ? string.Join(" | ", alt.Branches.Select(PrintUnion)) : PrintUnion(tree);

    public string Print(WeightedTree branch)
    {
        var tree = PrintSimple(branch.Tree);
        return branch.Weight == 1 ? tree
            : IsNamerd ? $"{TreeWeight.PrintNamerd(branch.Weight)}*{tree}"
            : $"{TreeWeight.PrintExact(branch.Weight)} * {tree}";
    }

    public string Print(DtabEntry entry) => IsNamerd ? $"{entry.Prefix}=>{Print(entry.Tree)}" : $"{entry.Prefix} => {Print(entry.Tree)}";

    public string Print(Dtab dtab) => string.Join(IsNamerd ? ";" : " ; ", dtab.Entries.Select(Print));

    private string PrintUnion(NameTree tree) => tree is NameTree.Union union ? string.Join(" & ", union.Branches.Select(Print)) : PrintSimple(tree);

    private string PrintSimple(NameTree tree) => tree switch
    {
        NameTree.Leaf leaf => leaf.Path.ToString(),
        NameTree.Negative => "~",
        NameTree.Fail => "!",
        NameTree.Empty => "$",
        _ => $"({Print(tree)})",
    };
}
