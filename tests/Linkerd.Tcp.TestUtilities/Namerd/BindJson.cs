using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Writes the documents of <c>bind</c>.</summary>
internal static class BindJson
{
    /// <summary>The document; null while the addresses of a leaf are pending.</summary>
    public static string? TryPrint(BoundTree tree, Func<DstPath, NameState> addresses) => tree switch
    {
        BoundTree.Leaf leaf => TryPrintBound(leaf, addresses, leaf.Weight) is { } bound ? $$"""{"type":"leaf","bound":{{bound}}}""" : null,
        BoundTree.Union union => TryPrintUnion(union, addresses),
        BoundTree.Fail => """{"type":"fail"}""",
        BoundTree.Empty => """{"type":"empty"}""",
        _ => """{"type":"neg"}""",
    };

    /// <summary>The member <c>bound</c> of a leaf; null while its addresses are pending.</summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="addresses">What the addresses of an id are.</param>
    /// <param name="weight">The weight among the metadata, where there is one.</param>
    public static string? TryPrintBound(BoundTree.Leaf leaf, Func<DstPath, NameState> addresses, double? weight)
    {
        var state = addresses(leaf.Id);
        return state is NameState.Pending ? null
            : string.Create(CultureInfo.InvariantCulture, $$"""{"addr":{{NamerdJson.Print(state, weight)}},"id":{{NamerdJson.Quote(leaf.Id.ToString())}},"path":{{NamerdJson.Quote(leaf.Residual.ToString())}}}""");
    }

    private static string? TryPrintUnion(BoundTree.Union union, Func<DstPath, NameState> addresses)
    {
        var branches = new List<string>();
        foreach (var (weight, tree) in union.Branches)
        {
            if (TryPrint(tree, addresses) is not { } branch)
            {
                return null;
            }

            branches.Add($$"""{"weight":{{JavaDouble.Print(weight)}},"tree":{{branch}}}""");
        }

        return $$"""{"type":"union","union":[{{string.Join(',', branches)}}]}""";
    }
}
