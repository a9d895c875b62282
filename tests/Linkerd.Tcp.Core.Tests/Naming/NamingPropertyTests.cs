using CsCheck;
using Xunit;

namespace Linkerd.Tcp.Tests;

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

    private static readonly Gen<NameTree> Trees = Gen.OneOf(
        Paths.Select(path => (NameTree)new NameTree.Leaf(path)),
        Gen.Select(Weights, Paths).Select((weight, path) => new WeightedTree(weight, new NameTree.Leaf(path)))
            .Array[2, 6].Select(branches => (NameTree)new NameTree.Union([.. branches])));

    [Fact]
    public void ParsePath_OfAnyPrint_GivesThePathBack()
    {
        Paths.Sample(path => DstPath.Parse(path.ToString()).Equals(path));
    }

    [Fact]
    public void ParseTree_OfAnyPrint_GivesTheTreeBack()
    {
        Trees.Sample(tree => NameTree.Parse(tree.ToString()!).Equals(tree));
    }

    [Fact]
    public void CompareTo_AnyPaths_AgreesWithEqualityAndPrefix()
    {
        Gen.Select(Paths, Paths).Sample((a, b) =>
            Math.Sign(a.CompareTo(b)) == -Math.Sign(b.CompareTo(a))
            && (a.CompareTo(b) == 0) == a.Equals(b)
            && a.Append(b).StartsWith(a)
            && a.Append(b).CompareTo(a) >= 0
            && a.Append(b).Skip(a.Count).Equals(b));
    }

    [Fact]
    public void Parse_AnyText_EitherReadsOrSaysWhere()
    {
        Gen.String[Gen.Char["/ab0.*& #\\x4\n!|é"], 0, 24].Sample(text =>
        {
            try
            {
                return NameTree.Parse(NameTree.Parse(text).ToString()!) is not null;
            }
            catch (NameSyntaxException e)
            {
                return e.Position >= 0 && e.Position <= text.Length && e.Message.Contains(" expected but ", StringComparison.Ordinal);
            }
        });
    }
}
