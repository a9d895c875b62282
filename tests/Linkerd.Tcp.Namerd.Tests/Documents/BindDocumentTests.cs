using System.Text;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd;

public sealed class BindDocumentTests
{
    private const string Web1 = """{"type":"leaf","bound":{"addr":{"type":"neg"},"id":"/#/io.l5d.fs/web1","path":"/"}}""";
    private const string Web2 = """{"path":"/x","dentry":{"prefix":"/a","dst":"/b"},"bound":{"id":"/#/io.l5d.fs/web2","more":[{}],"path":"/rest"},"type":"leaf"}""";

    [Theory]
    [InlineData("""{"type":"neg"}""", "~")]
    [InlineData("""{"type":"fail"}""", "!")]
    [InlineData("""{"type":"empty"}""", "$")]
    [InlineData(Web1, "/#/io.l5d.fs/web1")]
    [InlineData(Web2, "/#/io.l5d.fs/web2")]
    [InlineData("""{"type":"union","union":[{"weight":9.0,"tree":W1},{"weight":"1.5","tree":W2}]}""", "(9 * /#/io.l5d.fs/web1 & 1.5 * /#/io.l5d.fs/web2)")]
    [InlineData("""{"union":[{"tree":W1,"weight":2,"x":{"tree":1}},{"weight":3,"tree":{"type":"alt","alt":[W2,{"type":"neg"}]}}],"type":"union"}""", "(2 * /#/io.l5d.fs/web1 & 3 * (/#/io.l5d.fs/web2 | ~))")]
    [InlineData("""{"type":"delegate","path":"/a","delegate":{"type":"transformation","name":"x","bound":{"id":"/x"},"tree":W1}}""", "/#/io.l5d.fs/web1")]
    [InlineData("""{"type":"union","union":[{"weight":0.5,"tree":{"type":"exception","message":"x"}},{"weight":0.5,"tree":W1}]}""", "(0.5 * /#/io.l5d.fs/web1)")]
    [InlineData("""{"type":"alt","alt":[W1,{"type":"exception"}]}""", "(/#/io.l5d.fs/web1)")]
    [InlineData("""{"type":"union","union":[]}""", "~")]
    [InlineData("""{"type":"alt","alt":[]}""", "~")]
    [InlineData("""{"type":"neg","type":"fail"}""", "!")]
    [InlineData("""{"type":"leaf","bound":{"id":"/a","id":"/b","path":"nonsense"}}""", "/b")]
    public void Parse_Tree_IsIt(string json, string expected)
    {
        var document = Parse(json);

        Assert.True(document.IsAnswer);
        Assert.Equal(expected, Assert.IsType<NameBinding.Bound>(document.Binding).Tree.ToString());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"NaN\"")]
    [InlineData("\"Infinity\"")]
    [InlineData("1e999")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("\"x\"")]
    public void Parse_InvalidWeight_CountsAsOne(string weight)
    {
        var document = Parse($$"""{"type":"union","union":[{"weight":{{weight}},"tree":W1},{"weight":2,"tree":W2}]}""");

        Assert.Equal("(/#/io.l5d.fs/web1 & 2 * /#/io.l5d.fs/web2)", Assert.IsType<NameBinding.Bound>(document.Binding).Tree.ToString());
        Assert.Equal(1, document.InvalidWeights);
    }

    [Theory]
    [InlineData("0.0", 0)]
    [InlineData("-0.0", 0)]
    [InlineData("1.0E-4", 0.0001)]
    [InlineData("null", 1)]
    public void Parse_OddWeight_IsTaken(string weight, double expected)
    {
        var document = Parse($$"""{"type":"union","union":[{"weight":{{weight}},"tree":W1},{"tree":W2}]}""");

        var union = Assert.IsType<BoundTree.Union>(Assert.IsType<NameBinding.Bound>(document.Binding).Tree);
        Assert.Equal([expected, 1], union.Branches.Select(branch => branch.Weight));
        Assert.Equal(0, document.InvalidWeights);
    }

    [Theory]
    [InlineData("""{}""", "no 'type'")]
    [InlineData("""{"type":"bound","addrs":[],"meta":{}}""", "its type is 'bound'")]
    [InlineData("""{"type":"leaf"}""", "no 'bound'")]
    [InlineData("""{"type":"leaf","bound":{}}""", "no 'id'")]
    [InlineData("""{"type":"leaf","bound":{"id":"x"}}""", "the id 'x'")]
    [InlineData("""{"type":"leaf","bound":7}""", "no 'bound'")]
    [InlineData("""{"type":"union"}""", "no list 'union'")]
    [InlineData("""{"type":"union","union":{}}""", "no list 'union'")]
    [InlineData("""{"type":"union","union":[1]}""", "a branch of a union is a JSON Number")]
    [InlineData("""{"type":"union","union":[{"weight":1}]}""", "has no 'tree'")]
    [InlineData("""{"type":"alt","alt":["x"]}""", "a branch of an alternative")]
    [InlineData("""{"type":"delegate"}""", "no 'delegate'")]
    [InlineData("""{"type":"transformation"}""", "no 'tree'")]
    [InlineData("""{"type":"union","union":[{"weight":1,"tree":W1},{"weight":1,"tree":{"type":"?"}}]}""", "its type is '?'")]
    public void Parse_Nonsense_IsAFailureAndNoAnswer(string json, string expected)
    {
        var document = Parse(json);

        Assert.False(document.IsAnswer);
        Assert.Contains(expected, Assert.IsType<NameBinding.Failed>(document.Binding).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"exception","message":"no.such.Klass"}""", "'no.such.Klass'")]
    [InlineData("""{"type":"union","union":[{"weight":1,"tree":{"type":"exception"}}]}""", "no message")]
    [InlineData("""{"type":"alt","alt":[{"type":"neg"},{"type":"exception","message":"x"},W1]}""", "'x'")]
    [InlineData("""{"type":"delegate","delegate":{"type":"exception","message":"x"}}""", "'x'")]
    public void Parse_Exception_IsAFailure(string json, string expected)
    {
        var document = Parse(json);

        Assert.True(document.IsAnswer);
        Assert.Contains(expected, Assert.IsType<NameBinding.Failed>(document.Binding).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"type":"neg"} x""")]
    [InlineData("""{"type":"neg\ud800"}""")]
    public void Parse_NoJson_IsNone(string json)
    {
        Assert.Null(BindDocument.Parse(Encoding.UTF8.GetBytes(json), out var error));
        Assert.NotNull(error);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(100_000, false)]
    public void Parse_Deep_IsReadToALimit(int levels, bool isRead)
    {
        var json = string.Concat(Enumerable.Repeat("{\"type\":\"union\",\"union\":[{\"weight\":1,\"tree\":", levels)) + """{"type":"neg"}""" + string.Concat(Enumerable.Repeat("}]}", levels));

        Assert.Equal(isRead, BindDocument.Parse(Encoding.UTF8.GetBytes(json), out _) is not null);
    }

    [Fact]
    public void Parse_Snapshots_AreThoseOfTheLeaves()
    {
        var document = Parse("""{"type":"union","union":[{"weight":1,"tree":{"type":"leaf","bound":{"addr":{"type":"bound","addrs":[{"ip":"127.0.0.1","port":1,"meta":{}}],"meta":{"namer_nametree_weight":1.0}},"id":"/a","path":"/"}}},{"weight":1,"tree":W1}]}""");

        Assert.Equal([new LeafSnapshot(DstPath.Parse("/a"), Watcher.Bound(1)), new LeafSnapshot(DstPath.Parse("/#/io.l5d.fs/web1"), Resolution.Negative.Instance)], document.Snapshots);
    }

    private static BindDocument Parse(string json) =>
        BindDocument.Parse(Encoding.UTF8.GetBytes(json.Replace("W1", Web1, StringComparison.Ordinal).Replace("W2", Web2, StringComparison.Ordinal)), out var error) ?? throw new FormatException(error);
}
