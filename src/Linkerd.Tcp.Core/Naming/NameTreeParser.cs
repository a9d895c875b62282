using System.Collections.Immutable;

namespace Linkerd.Tcp;

/// <summary>
/// Recursive descent over the grammar of linkerd's name trees; each production is a method, so the ones that are still to come
/// (fail-over, <c>!</c>, <c>~</c>, <c>$</c>, parentheses) are additions.
/// </summary>
internal static class NameTreeParser
{
    public static NameTree Parse(ReadOnlySpan<char> text)
    {
        var scanner = new NameScanner(text);
        scanner.SkipSpace();
        var tree = TakeUnion(ref scanner);
        scanner.TakeEnd();
        return tree;
    }

    /// <summary>union ::= weighted { '&amp;' weighted }</summary>
    private static NameTree TakeUnion(ref NameScanner scanner)
    {
        var branches = ImmutableArray.CreateBuilder<WeightedTree>();
        do
        {
            scanner.SkipSpace();
            branches.Add(TakeWeighted(ref scanner));
            scanner.SkipSpace();
        }
        while (scanner.TryTake('&'));

        // The weight of a single branch means nothing, and is dropped, as in namerd.
        return branches.Count == 1 ? branches[0].Tree : new NameTree.Union(branches.DrainToImmutable());
    }

    /// <summary>weighted ::= [ number '*' ] simple</summary>
    private static WeightedTree TakeWeighted(ref NameScanner scanner)
    {
        var weight = 1.0;
        if (scanner.IsNumberStart())
        {
            weight = scanner.TakeNumber();
            scanner.SkipSpace();
            scanner.Take('*');
            scanner.SkipSpace();
        }

        return new WeightedTree(weight, TakeSimple(ref scanner));
    }

    /// <summary>simple ::= path</summary>
    private static NameTree.Leaf TakeSimple(ref NameScanner scanner) =>
        scanner.Peek == '/' ? new NameTree.Leaf(scanner.TakePath()) : throw scanner.Error("simple");
}
