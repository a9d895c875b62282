using System.Diagnostics;
using Linkerd.Tcp.Naming.Binding;

namespace Linkerd.Tcp.Naming.Tests.Binding;

/// <summary>Lookup and binding (Finagle's <c>Dtab.lookup</c>, <c>Namer.bind</c>); a thousand answers of a real namerd are held against it elsewhere.</summary>
public sealed class TreeBinderTests
{
    [Theory]
    [InlineData("/svc => /a", "/svc/web", "/a/web")]
    [InlineData("/svc => /a ; /svc/web => /b", "/svc/web", "/b")]
    [InlineData("/svc/web => /b ; /svc => /a", "/svc/web", "/a/web")]
    [InlineData("/svc => /a ; /svc/web => ~", "/svc/web", "/a/web")]
    [InlineData("/svc => /a ; /svc/web => !", "/svc/web", "!")]
    [InlineData("/svc => /a ; /svc/web => $", "/svc/web", "$")]
    [InlineData("/svc/*/x => /a", "/svc/web/x/y", "/a/y")]
    [InlineData("/svc/*/x => /a", "/svc/web/z", "~")]
    [InlineData("/svc => /none | /a | /b", "/svc/web", "/a/web")]
    [InlineData("/svc => /none | ! | /b", "/svc/web", "!")]
    [InlineData("/svc => 9 * /a & 1 * /b", "/svc", "(9 * /a & /b)")]
    [InlineData("/svc => 9 * /a & 1 * /none", "/svc", "/a")]
    [InlineData("/svc => 9 * ! & 1 * ~", "/svc", "~")]
    [InlineData("/svc => 0.5 * (/a & 3 * /b) & 0.5 * /a", "/svc", "(0.5 * (/a & 3 * /b) & 0.5 * /a)")]
    [InlineData("/svc => /a & /pending", "/svc", "/a")]
    [InlineData("/svc => ! & /pending", "/svc", "!")]
    [InlineData("/svc => /pending & /throws", "/svc", "failed: broken")]
    [InlineData("/svc => /pending & /pending", "/svc", "pending")]
    [InlineData("/svc => /pending | /a", "/svc", "pending")]
    [InlineData("/svc => /throws | /a", "/svc", "failed: broken")]
    [InlineData("/a => ~", "/a/x", "/a/x")]
    [InlineData("/a => ~ ; /a => ~", "/a/x", "~")]
    [InlineData("", "/svc/web", "~")]
    [InlineData("/svc => /svc", "/svc/web", "failed: Max recursion level: 100 reached in Namer lookup")]
    public void Bind_Name_IsBoundAsInNamerd(string dtab, string name, string expected)
    {
        Assert.Equal(expected, Print(Bind(dtab, name)));
    }

    [Theory]
    [InlineData("/loop => /loop/x ; /loop => /loop")]
    [InlineData("/loop => /loop/x & /loop/y")]
    [InlineData("/loop => ~ | /loop/x | /loop")]
    [InlineData("/loop => (/loop & /a) & (/loop & /b)")]
    [InlineData("/ => / ; /loop => / | /loop & /loop")]
    public void Bind_EntriesThatLoop_FailWithinTheBudget(string dtab)
    {
        var elapsed = Stopwatch.StartNew();

        var binding = Assert.IsType<NameBinding.Failed>(Bind(dtab, "/loop"));

        Assert.True(binding.Error.Contains("10000 steps", StringComparison.Ordinal) || binding.Error.Contains("recursion", StringComparison.Ordinal), binding.Error);
        Assert.True(elapsed.Elapsed < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Bind_DeepTrees_FailWithoutAStackOverflow()
    {
        var deep = $"{string.Concat(Enumerable.Repeat("(~ | ", 99))}/loop{new string(')', 99)}";

        Assert.IsType<NameBinding.Failed>(Bind($"/loop => {deep}", "/loop"));
    }

    [Fact]
    public void Bind_ManyAlternatives_AreTriedToTheLast()
    {
        var dtab = string.Join(';', Enumerable.Repeat("/svc => /none", 5000).Prepend("/svc => /a"));

        Assert.Equal("/a/web", Print(Bind(dtab, "/svc/web")));
    }

    private static NameBinding Bind(string dtab, string name) => new TreeBinder(Dtab.Parse(dtab), Names).Bind(new NameTree.Leaf(DstPath.Parse(name)));

    // "/a" and "/b" exist, with whatever follows.
    private static NameBinding Names(DstPath name) => name.Count == 0 ? NameBinding.Bound.Negative : name[0] switch
    {
        "a" or "b" => new NameBinding.Bound(new BoundTree.Leaf(name, DstPath.Root)),
        "pending" => NameBinding.Pending.Instance,
        "throws" => new NameBinding.Failed("broken"),
        _ => NameBinding.Bound.Negative,
    };

    private static string Print(NameBinding binding) => binding is NameBinding.Bound bound ? bound.Tree.ToString()! : binding.ToString()!;
}
