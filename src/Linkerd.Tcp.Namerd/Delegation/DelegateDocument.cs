using System.Text.Json;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Namerd.Delegation;

/// <summary>Reads namerd's answer to <c>delegate</c>.</summary>
internal static class DelegateDocument
{
    // A hundred steps, each an object or an array of them.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 1000 };

    /// <summary>Reads a document.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    /// <exception cref="InvalidOperationException">A member is of another kind than namerd's.</exception>
    /// <exception cref="KeyNotFoundException">A member is missing.</exception>
    /// <exception cref="FormatException">A name in it is not valid, or a node is of a type that namerd does not have.</exception>
    public static DelegateTree Read(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, Options);
        return Read(document.RootElement);
    }

    private static DelegateTree Read(JsonElement node)
    {
        var type = node.GetProperty("type").GetString();
        var path = ReadPath(node.GetProperty("path"));
        var entry = node.TryGetProperty("dentry", out var dentry) ? ReadEntry(dentry) : null;
        return type switch
        {
            "delegate" => new DelegateTree.Step(path, entry, Read(node.GetProperty("delegate"))),
            "alt" => new DelegateTree.Alt(path, entry, [.. node.GetProperty("alt").EnumerateArray().Select(Read)]),
            "union" => new DelegateTree.Union(path, entry, [.. node.GetProperty("union").EnumerateArray().Select(ReadBranch)]),
            "leaf" => new DelegateTree.Leaf(path, entry, ReadBound(node)),
            "neg" => new DelegateTree.Negative(path, entry),
            "fail" => new DelegateTree.Fail(path, entry),
            "empty" => new DelegateTree.Empty(path, entry),
            "exception" => new DelegateTree.Failed(path, entry, node.TryGetProperty("message", out var message) ? message.GetString() ?? string.Empty : "no reason is given"),
            "transformation" => new DelegateTree.Transformation(
                path, node.GetProperty("name").GetString() ?? string.Empty, ReadBound(node), Read(node.GetProperty("tree"))),
            _ => throw new FormatException($"a node has the type '{type}'"),
        };
    }

    private static WeightedDelegateTree ReadBranch(JsonElement branch)
    {
        var weight = branch.GetProperty("weight") is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : 1;
        return new(double.IsFinite(weight) && weight >= 0 ? weight : 1, Read(branch.GetProperty("tree")));
    }

    private static BoundTree.Leaf ReadBound(JsonElement node)
    {
        var bound = node.GetProperty("bound");
        return new(ReadPath(bound.GetProperty("id")), ReadPath(bound.GetProperty("path")));
    }

    // namerd prints an empty path according to the kind of node.
    private static DstPath ReadPath(JsonElement path) => path.GetString() is { } text and not ("~" or "!") ? DstPath.Parse(text) : DstPath.Root;

    // Null if it cannot be read: a namerd in a country with decimal commas prints weights that it cannot read itself.
    private static DtabEntry? ReadEntry(JsonElement entry)
    {
        try
        {
            return new(DtabPrefix.Parse(entry.GetProperty("prefix").GetString()!), NameTree.Parse(entry.GetProperty("dst").GetString()!));
        }
        catch (NameSyntaxException)
        {
            return null;
        }
    }
}
