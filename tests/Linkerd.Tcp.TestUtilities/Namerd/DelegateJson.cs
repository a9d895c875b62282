using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Writes the documents of <c>delegate</c>.</summary>
internal static class DelegateJson
{
    private static readonly DstPath Fail = DstPath.Parse("/$/fail");

    /// <summary>The document; null while the addresses of a leaf are pending.</summary>
    public static string? TryPrint(DelegateTree tree, Func<DstPath, NameState> addresses) => tree switch
    {
        DelegateTree.Leaf leaf => Join("leaf", tree, "bound", BindJson.TryPrintBound(leaf.Bound, addresses, weight: null)),
        DelegateTree.Step step => Join("delegate", tree, "delegate", TryPrint(step.Next, addresses)),
        DelegateTree.Alt alt => Join("alt", tree, "alt", Array(alt.Branches.Select(branch => TryPrint(branch, addresses)))),
        DelegateTree.Union union => Join("union", tree, "union", Array(union.Branches.Select(branch => Weighted(branch.Weight, TryPrint(branch.Tree, addresses))))),
        DelegateTree.Throws throws => Join("exception", tree, "message", NamerdJson.Quote(throws.Message)),
        DelegateTree.Empty => Head("empty", tree, tree.Path.ToString()) + "}",
        DelegateTree.Fail => Head("fail", tree, tree.Path.StartsWith(Fail) ? tree.Path.ToString() : "!") + "}",
        _ => Head("neg", tree, tree.Path.Count == 0 ? "~" : tree.Path.ToString()) + "}",
    };

    /// <summary>An entry of a dtab.</summary>
    public static string Print(DtabEntry entry) =>
        $$"""{"prefix":{{NamerdJson.Quote(entry.Prefix.ToString())}},"dst":{{NamerdJson.Quote(entry.Tree.ToString(NameTreeFormat.Namerd))}}}""";

    private static string? Join(string type, DelegateTree tree, string member, string? value) =>
        value is null ? null : $$"""{{Head(type, tree, tree.Path.ToString())}},"{{member}}":{{value}}}""";

    private static string Head(string type, DelegateTree tree, string path) =>
        $$"""{"type":"{{type}}","path":{{NamerdJson.Quote(path)}}""" + (tree.Entry is { } entry ? $",\"dentry\":{Print(entry)}" : string.Empty);

    private static string? Weighted(double weight, string? tree) => tree is null ? null : $$"""{"weight":{{JavaDouble.Print(weight)}},"tree":{{tree}}}""";

    private static string? Array(IEnumerable<string?> items)
    {
        var all = items.ToList();
        return all.Contains(null) ? null : $"[{string.Join(',', all)}]";
    }
}
