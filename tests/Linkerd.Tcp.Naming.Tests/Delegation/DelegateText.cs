using System.Text.Json;

namespace Linkerd.Tcp.Naming.Tests.Delegation;

/// <summary>
/// Delegations in words, ours and recorded ones of a real namerd, to be compared: all but the addresses of leaves and the words of errors, which are not
/// part of ours.
/// </summary>
internal static class DelegateText
{
    public static string Of(DelegateTree tree) => tree switch
    {
        DelegateTree.Step step => Node("delegate", tree, Of(step.Tree)),
        DelegateTree.Alt alt => Node("alt", tree, string.Join(", ", alt.Branches.Select(Of))),
        DelegateTree.Union union => Node("union", tree, string.Join(", ", union.Branches.Select(branch => $"{branch.Weight} * {Of(branch.Tree)}"))),
        DelegateTree.Leaf leaf => Node("leaf", tree, $"{leaf.Bound.Id} + {leaf.Bound.Residual}"),
        DelegateTree.Negative => Node("neg", tree),
        DelegateTree.Fail => Node("fail", tree),
        DelegateTree.Empty => Node("empty", tree),
        DelegateTree.Failed => Node("exception", tree),
        _ => throw new ArgumentException($"{tree} is not of namerd", nameof(tree)),
    };

    public static string Of(JsonElement node)
    {
        var type = node.GetProperty("type").GetString()!;
        var entry = node.TryGetProperty("dentry", out var dentry) ? $"{dentry.GetProperty("prefix").GetString()}=>{dentry.GetProperty("dst").GetString()}" : string.Empty;
        return $"{type} {node.GetProperty("path").GetString()} [{entry}] ({type switch
        {
            "delegate" => Of(node.GetProperty("delegate")),
            "alt" => string.Join(", ", node.GetProperty("alt").EnumerateArray().Select(Of)),
            "union" => string.Join(", ", node.GetProperty("union").EnumerateArray().Select(branch => $"{branch.GetProperty("weight").GetDouble()} * {Of(branch.GetProperty("tree"))}")),
            "leaf" => $"{node.GetProperty("bound").GetProperty("id").GetString()} + {node.GetProperty("bound").GetProperty("path").GetString()}",
            _ => string.Empty,
        }})";
    }

    private static string Node(string type, DelegateTree tree, string below = "")
    {
        var path = tree switch
        {
            DelegateTree.Negative { Path.Count: 0 } => "~",
            DelegateTree.Fail when !tree.Path.StartsWith(DstPath.Parse("/$/fail")) => "!",
            _ => tree.Path.ToString(),
        };
        var entry = tree.Entry is null ? string.Empty : new Dtab(tree.Entry).ToString(NameTreeFormat.Namerd);
        return $"{type} {path} [{entry}] ({below})";
    }
}
