using System.Text;
using System.Text.Json;
using Linkerd.Tcp.Namerd.Delegation;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd;

public sealed class DelegateDocumentTests
{
    [Fact]
    public void Read_EveryRecordedAnswer_IsRead()
    {
        var recordings = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Captures", "delegate.json"))).RootElement;
        var read = 0;
        foreach (var recording in recordings.EnumerateObject())
        {
            var answer = recording.Value.GetProperty("got").EnumerateArray().First().GetProperty("data").GetString()!;
            if (answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            {
                Read(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
                read++;
            }
        }

        Assert.True(read > 35, $"only {read} were read");
    }

    [Fact]
    public void Read_ASplitAndItsFallBack_HasPathsEntriesAndWeights()
    {
        var alt = Assert.IsType<DelegateTree.Alt>(Read(
            """
            {"type":"alt","path":"/svc/web","alt":[{"type":"union","path":"/svc/web","dentry":{"prefix":"/svc/web","dst":"9.00*/#/fs/a & /#/fs/b"},"union":[
            {"weight":9.0,"tree":{"type":"leaf","path":"/#/fs/a/x","bound":{"addr":{"type":"neg"},"id":"/#/fs/a","path":"/x"}}},
            {"weight":1.0E-4,"tree":{"type":"neg","path":"~"}}]},{"type":"fail","path":"!","dentry":{"prefix":"/svc","dst":"!"}}]}
            """));

        Assert.Equal(DstPath.Parse("/svc/web"), alt.Path);
        Assert.Null(alt.Entry);
        var union = Assert.IsType<DelegateTree.Union>(alt.Branches[0]);
        Assert.Equal(new DtabEntry(DtabPrefix.Parse("/svc/web"), NameTree.Parse("9 * /#/fs/a & /#/fs/b")), union.Entry);
        Assert.Equal([9, 0.0001], union.Branches.Select(branch => branch.Weight));
        var leaf = new DelegateTree.Leaf(DstPath.Parse("/#/fs/a/x"), null, new BoundTree.Leaf(DstPath.Parse("/#/fs/a"), DstPath.Parse("/x")));
        Assert.Equal(leaf, union.Branches[0].Tree);
        Assert.Equal(new DelegateTree.Negative(DstPath.Root, null), union.Branches[1].Tree);
        Assert.Equal(new DelegateTree.Fail(DstPath.Root, new DtabEntry(DtabPrefix.Parse("/svc"), NameTree.Fail.Instance)), alt.Branches[1]);
    }

    [Fact]
    public void Read_ATransformation_HasBothLeaves()
    {
        var tree = Assert.IsType<DelegateTree.Transformation>(Read(
            """
            {"type":"transformation","path":"/#/a/b","name":"Const","bound":{"addr":{"type":"neg"},"id":"/#/a/b","path":"/"},
            "tree":{"type":"leaf","path":"/#/a/b","bound":{"addr":{"type":"neg"},"id":"/%/io.l5d.const/#/a/b","path":"/"}}}
            """));

        Assert.Equal("Const", tree.Name);
        Assert.Equal(DstPath.Parse("/#/a/b"), tree.Bound.Id);
        Assert.Equal(DstPath.Parse("/%/io.l5d.const/#/a/b"), Assert.IsType<DelegateTree.Leaf>(tree.Tree).Bound.Id);
    }

    [Fact]
    public void Read_WeightsWithADecimalComma_AreNoReasonToSayNothing() =>
        Assert.Null(Read("""{"type":"neg","path":"/a","dentry":{"prefix":"/a","dst":"0,50*/b & /c"}}""").Entry);

    [Theory]
    [InlineData("not found", typeof(JsonException))]
    [InlineData("[]", typeof(InvalidOperationException))]
    [InlineData("{}", typeof(KeyNotFoundException))]
    [InlineData("""{"type":"neg","path":"svc"}""", typeof(FormatException))]
    [InlineData("""{"type":"pending","path":"/svc"}""", typeof(FormatException))]
    [InlineData("""{"type":"leaf","path":"/svc"}""", typeof(KeyNotFoundException))]
    public void Read_AnythingElse_IsAnErrorThatTheDelegatorKnows(string text, Type expected) =>
        Assert.IsAssignableFrom(expected, Record.Exception(() => Read(text)));

    private static DelegateTree Read(string text) => DelegateDocument.Read(Encoding.UTF8.GetBytes(text));
}
