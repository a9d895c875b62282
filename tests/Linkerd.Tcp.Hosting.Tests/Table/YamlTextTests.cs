using Linkerd.Tcp.Hosting.Table;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("/svc/web", "/svc/web")]
    [InlineData("io.l5d.fs", "io.l5d.fs")]
    [InlineData("maxWaiters", "maxWaiters")]
    [InlineData("web.pem", "web.pem")]
    [InlineData("", "\"\"")]
    [InlineData("off", "\"off\"")]
    [InlineData("Yes", "\"Yes\"")]
    [InlineData("NULL", "\"NULL\"")]
    [InlineData("~", "\"~\"")]
    [InlineData("1", "\"1\"")]
    [InlineData("1.2", "\"1.2\"")]
    [InlineData("0x10", "\"0x10\"")]
    [InlineData(".5", "\".5\"")]
    [InlineData("a b", "\"a b\"")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("a #b", "\"a #b\"")]
    [InlineData("- a", "\"- a\"")]
    [InlineData("${HOME}", "\"${HOME}\"")]
    [InlineData("say \"\\\"", "\"say \\\"\\\\\\\"\"")]
    [InlineData("a\tb\r\n", "\"a\\tb\\r\\n\"")]
    [InlineData("\u0001\u007f\u0085\u00a0\u200b\u202e\u2028\ufeff", "\"\\u0001\\u007f\\u0085\\u00a0\\u200b\\u202e\\u2028\\ufeff\"")]
    [InlineData("Ünïcode \U0001F600", "\"Ünïcode \U0001F600\"")]
    [InlineData("\U0010FFFF", "\"\\U0010ffff\"")]
    public void Quote_EachText_IsPlainOnlyIfItCannotBeMistaken(string text, string expected) => Assert.Equal(expected, YamlText.Quote(text));

    [Fact]
    public void Write_Nodes_AreIndentedAndCommented()
    {
        var item = new PrintedNode.Mapping();
        item.AddDefault("b.c", Scalar("off"));
        item.Add("a", new PrintedNode.Scalar("1", isLiteral: true), "a\n# file: 1");
        item.Add("d.e", Scalar("x"));
        item.Add("d.f", new PrintedNode.Sequence([Scalar("x"), Scalar("y z")]));
        var root = new PrintedNode.Mapping();
        root.Add("list", new PrintedNode.Sequence([item, new PrintedNode.Mapping()]));
        root.Add("none", new PrintedNode.Sequence([]));
        root.Add("empty", new PrintedNode.Mapping());
        Assert.Equal(
            """
            list:
              - a: 1                                        # a?# file: 1
                # b.c: "off"
                d:
                  e: x
                  f: [x, "y z"]
              - {}
            none: []
            empty: {}

            """,
            YamlText.Write(root));
    }

    private static PrintedNode.Scalar Scalar(string text) => new(text, isLiteral: false);
}
