namespace Linkerd.Tcp.Naming.Tests.Trees;

public sealed class NameTreeTests
{
    [Theory]
    [InlineData("/svc/web", "/svc/web")]
    [InlineData(" /svc/web # comment", "/svc/web")]
    [InlineData("3 * /svc/web", "/svc/web")]
    [InlineData("/a & /b", "/a & /b")]
    [InlineData("3*/a&1*/b", "3 * /a & /b")]
    [InlineData("3\n*\t/a # three\n & /b", "3 * /a & /b")]
    [InlineData("3 * /a & 1.0 * /b & 0 * /c", "3 * /a & /b & 0 * /c")]
    [InlineData(".5 * /a & 3. * /b & 10.25 * /c", "0.5 * /a & 3 * /b & 10.25 * /c")]
    [InlineData("0.00001 * /a & 100000000000000000000 * /b", "0.00001 * /a & 100000000000000000000 * /b")]
    [InlineData("3 * /$/inet/10.0.0.1/80 & 1 * /$/inet/10.0.0.2/80", "3 * /$/inet/10.0.0.1/80 & /$/inet/10.0.0.2/80")]
    [InlineData("/ & /a\\x20b", "/ & /\\x61\\x20\\x62")]
    public void Parse_Tree_PrintsInFull(string text, string printed)
    {
        var tree = NameTree.Parse(text);

        Assert.Equal(printed, tree.ToString());
        Assert.Equal(tree, NameTree.Parse(printed));
        Assert.Equal(tree.GetHashCode(), NameTree.Parse(printed).GetHashCode());
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(double.Epsilon, "5E-324")]
    [InlineData(double.MaxValue, "1.7976931348623157E+308")]
    [InlineData(1e-7, "1E-07")]
    [InlineData(1.5e300, "1.5E+300")]
    [InlineData(1234567890123456.8, "1234567890123456.8")]
    [InlineData(0.1 + 0.2, "0.30000000000000004")]
    public void ToString_AnyWeight_HasNoExponentAndReadsBack(double weight, string shortest)
    {
        Assert.Equal(weight, double.Parse(shortest, System.Globalization.CultureInfo.InvariantCulture));
        var tree = Union((weight, "/a"), (2, "/b"));

        var printed = tree.ToString()!;

        Assert.DoesNotContain('E', printed);
        Assert.Equal(tree, NameTree.Parse(printed));
    }

    [Fact]
    public void ToString_SmallestWeight_IsItsShortestPrintSpeltOut()
    {
        Assert.Equal($"0.{new string('0', 323)}5 * /a & /b", Union((double.Epsilon, "/a"), (1, "/b")).ToString());
    }

    [Fact]
    public void ToString_UnionInUnion_StandsInParentheses()
    {
        var tree = new NameTree.Union([new(0.5, Union((1, "/a"), (3, "/b"))), new(0.5, new NameTree.Leaf(DstPath.Parse("/c")))]);

        Assert.Equal("0.5 * (/a & 3 * /b) & 0.5 * /c", tree.ToString());
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void WeightedTree_WeightThatIsNone_Throws(double weight)
    {
        Assert.Throws<ArgumentOutOfRangeException>("Weight", () => new WeightedTree(weight, new NameTree.Leaf(DstPath.Root)));
    }

    [Fact]
    public void Union_FewerThanTwoBranches_Throws()
    {
        Assert.Throws<ArgumentException>("Branches", () => Union((1, "/a")));
        Assert.Throws<ArgumentException>("Branches", () => new NameTree.Union(default));
    }

    [Fact]
    public void Equals_Unions_ComparesBranchesInOrder()
    {
        Assert.Equal(NameTree.Parse("3 * /a & /b"), NameTree.Parse("3.0 * /a & 1 * /b"));
        Assert.NotEqual(NameTree.Parse("3 * /a & /b"), NameTree.Parse("/b & 3 * /a"));
        Assert.NotEqual(NameTree.Parse("3 * /a & /b"), NameTree.Parse("3 * /a & 2 * /b"));
        Assert.NotEqual(NameTree.Parse("/a"), NameTree.Parse("/b"));
    }

    private static NameTree.Union Union(params (double Weight, string Path)[] branches) =>
        new([.. branches.Select(b => new WeightedTree(b.Weight, new NameTree.Leaf(DstPath.Parse(b.Path))))]);
}
