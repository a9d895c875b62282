using CsCheck;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming.Tests.Trees;

public sealed class NamingPropertyTests
{
    private static readonly Gen<DstPath> Paths =
        Gen.OneOf(
            Gen.String[Gen.Char["abzAZ059_:.#$%-"], 1, 8],
            Gen.String[Gen.Char['\0', '\u07ff'], 1, 4])
        .Array[0, 5].Select(labels => DstPath.FromLabels(labels));

    private static readonly Gen<double> Weights = Gen.OneOf(
        Gen.Int[0, 100].Select(n => (double)n),
        Gen.Double[0, 1],
        Gen.ULong.Select(bits => BitConverter.UInt64BitsToDouble(bits & ~(1UL << 63))).Where(double.IsFinite));

    // Unions and alternatives of two or more branches, nested to any shape.
    private static readonly Gen<NameTree> Trees = Gen.Recursive<NameTree>((depth, trees) => depth > 4
        ? Paths.Select(path => (NameTree)new NameTree.Leaf(path))
        : Gen.Frequency(
            (3, Paths.Select(path => (NameTree)new NameTree.Leaf(path))),
            (1, Gen.Int[0, 2].Select(i => (NameTree)(i == 0 ? NameTree.Negative.Instance : i == 1 ? NameTree.Fail.Instance : NameTree.Empty.Instance))),
            (2, trees.Array[2, 4].Select(branches => (NameTree)new NameTree.Alt([.. branches]))),
            (2, Gen.Select(Weights, trees).Select((weight, tree) => new WeightedTree(weight, tree))
                .Array[2, 4].Select(branches => (NameTree)new NameTree.Union([.. branches])))));

    private static readonly Gen<DtabPrefix> Prefixes = Gen.OneOf(Paths.Select(DtabPrefix.Of), Gen.Int[0, 3].Select(i => DtabPrefix.Parse(new[] { "/", "/*", "/svc/*", "/*/a/*" }[i])));

    private static readonly Gen<Dtab> Dtabs =
        Gen.Select(Prefixes, Trees).Select((prefix, tree) => new DtabEntry(prefix, tree)).Array[0, 5].Select(entries => new Dtab([.. entries]));

    [Fact]
    public void ParsePath_OfAnyPrint_GivesThePathBack()
    {
        Paths.Sample(path => DstPath.Parse(path.ToString()).Equals(path));
    }

    [Fact]
    public void ParseTree_OfAnyPrint_GivesTheTreeBack()
    {
        Trees.Sample(tree => NameTree.Parse(tree.ToString()).Equals(tree));
    }

    [Fact]
    public void ParseDtab_OfAnyPrint_GivesTheDtabBack()
    {
        Dtabs.Sample(dtab => Dtab.Parse(dtab.ToString()).Equals(dtab) && Dtab.Parse(dtab.ToString()).GetHashCode() == dtab.GetHashCode());
    }

    [Fact]
    public void ParseDtab_OfAnyNamerdPrint_IsReadAndPrintedTheSame()
    {
        // Two decimals lose digits the first time, and a weight that became 1.00 the next; nothing more is lost then.
        Dtabs.Sample(dtab =>
        {
            var once = Dtab.Parse(dtab.ToString(NameTreeFormat.Namerd));
            var twice = Dtab.Parse(once.ToString(NameTreeFormat.Namerd));
            return twice.Equals(once) && once.Entries.Length == dtab.Entries.Length;
        });
    }

    [Fact]
    public void Append_AnyPaths_AgreesWithEqualityAndPrefix()
    {
        Gen.Select(Paths, Paths).Sample((a, b) =>
            a.Append(b).StartsWith(a)
            && a.Append(b).Equals(a) == b.Equals(DstPath.Root)
            && a.Append(b).Skip(a.Count).Equals(b));
    }

    [Fact]
    public void Parse_AnyText_EitherReadsOrSaysWhere()
    {
        Gen.String[Gen.Char["/ab0.*& #\\x4\n!|~$();=>é"], 0, 24].Sample(text =>
        {
            try
            {
                return NameTree.Parse(NameTree.Parse(text).ToString()).Equals(NameTree.Parse(text));
            }
            catch (NameSyntaxException e)
            {
                return e.Position >= 0 && e.Position <= text.Length && e.Message.Contains(" expected but ", StringComparison.Ordinal);
            }
        });
    }
}
