using System.Collections.Immutable;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming.Trees;

/// <summary>Recursive descent over the grammar of linkerd's name trees and dtabs; each production is a method.</summary>
/// <remarks>Finagle's <c>NameTreeParsers</c>, whose errors and positions it repeats.</remarks>
internal static class NameTreeParser
{
    // Each level is a few frames of the stack here, and again wherever the tree is walked.
    private const int MaxParentheses = 100;

    public static NameTree Parse(ReadOnlySpan<char> text)
    {
        var scanner = new NameScanner(text);
        var tree = TakeTree(ref scanner, 0);
        scanner.TakeEnd();
        return tree;
    }

    /// <summary>dtab ::= ws [ dentry { ';' dentry } [ ';' ] ]</summary>
    public static Dtab ParseDtab(ReadOnlySpan<char> text)
    {
        var scanner = new NameScanner(text);
        var entries = ImmutableArray.CreateBuilder<DtabEntry>();
        scanner.SkipSpace();
        while (!scanner.AtEnd)
        {
            entries.Add(TakeEntry(ref scanner));
            if (!scanner.TryTake(';'))
            {
                scanner.TakeEnd();
            }

            scanner.SkipSpace();
        }

        return new Dtab(entries.DrainToImmutable());
    }

    /// <summary>dentry ::= prefix ws '=>' tree</summary>
    private static DtabEntry TakeEntry(ref NameScanner scanner)
    {
        var prefix = scanner.TakePrefix();
        scanner.SkipSpace();
        scanner.Take('=');
        scanner.Take('>');
        return new DtabEntry(prefix, TakeTree(ref scanner, 0));
    }

    /// <summary>tree ::= union { '|' union }</summary>
    private static NameTree TakeTree(ref NameScanner scanner, int depth)
    {
        var branches = ImmutableArray.CreateBuilder<NameTree>(1);
        do
        {
            branches.Add(TakeUnion(ref scanner, depth));
        }
        while (scanner.TryTake('|'));
        return branches.Count == 1 ? branches[0] : new NameTree.Alt(branches.DrainToImmutable());
    }

    /// <summary>union ::= weighted { '&amp;' weighted }</summary>
    private static NameTree TakeUnion(ref NameScanner scanner, int depth)
    {
        var branches = ImmutableArray.CreateBuilder<WeightedTree>(1);
        do
        {
            scanner.SkipSpace();
            branches.Add(TakeWeighted(ref scanner, depth));
            scanner.SkipSpace();
        }
        while (scanner.TryTake('&'));

        // The weight of a single branch means nothing, and is dropped, as in namerd.
        return branches.Count == 1 ? branches[0].Tree : new NameTree.Union(branches.DrainToImmutable());
    }

    /// <summary>weighted ::= [ number '*' ] simple</summary>
    private static WeightedTree TakeWeighted(ref NameScanner scanner, int depth)
    {
        var weight = 1.0;
        if (scanner.IsNumberStart())
        {
            weight = scanner.TakeNumber();
            scanner.SkipSpace();
            scanner.Take('*');
            scanner.SkipSpace();
        }

        return new WeightedTree(weight, TakeSimple(ref scanner, depth));
    }

    /// <summary>simple ::= path | '!' | '~' | '$' | '(' tree ')'</summary>
    private static NameTree TakeSimple(ref NameScanner scanner, int depth)
    {
        switch (scanner.Peek)
        {
            case '/':
                return new NameTree.Leaf(DstPath.Parse(scanner.TakePath().ToString()));
            case '(' when depth == MaxParentheses:
                throw scanner.Error($"a tree of at most {MaxParentheses} nested parentheses");
            case '(':
                scanner.Take('(');
                var tree = TakeTree(ref scanner, depth + 1);
                scanner.Take(')');
                return tree;
            default:
                return scanner.TryTake('!') ? NameTree.Fail.Instance
                    : scanner.TryTake('~') ? NameTree.Negative.Instance
                    : scanner.TryTake('$') ? NameTree.Empty.Instance
                    : throw scanner.Error("simple");
        }
    }
}
