using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp.Tests.Primitives;

public sealed class DstPathTests
{
    [Theory]
    [InlineData("/", 0)]
    [InlineData("/svc", 1)]
    [InlineData("/svc/web", 2)]
    [InlineData("/$/inet/127.0.0.1/8080", 4)]
    [InlineData("/$/inet/fe80::1%eth0/80", 4)]
    [InlineData("/#/io.l5d.fs/web_1-a", 3)]
    [InlineData("/a#b", 1)]
    public void Parse_CanonicalText_PrintsTheSame(string text, int count)
    {
        var path = DstPath.Parse(text);

        Assert.Equal(count, path.Count);
        Assert.Equal(text, path.ToString());
        Assert.Equal(path, DstPath.FromLabels([.. Enumerable.Range(0, count).Select(i => path[i])]));
    }

    [Theory]
    [InlineData(" /svc/web\t\r\n", "/svc/web")]
    [InlineData("/svc/web # a comment", "/svc/web")]
    [InlineData("# first\n /svc", "/svc")]
    [InlineData("\u001c/svc\u2003", "/svc")]
    [InlineData("/svc/\\x41", "/svc/A")]
    [InlineData("/svc/\\x61\\x62c", "/svc/abc")]
    [InlineData("/svc/a\\x20b", "/svc/\\x61\\x20\\x62")]
    [InlineData("/svc/\\xC3\\xA9", "/svc/\\xc3\\xa9")]
    [InlineData("/\\x00\\xff", "/\\x00\\xff")]
    [InlineData("/svc/\\x2f", "/svc/\\x2f")]
    public void Parse_OtherWaysToWriteIt_PrintsCanonically(string text, string canonical)
    {
        Assert.Equal(canonical, DstPath.Parse(text).ToString());
    }

    // The first four are the bodies of namerd's 400 answers, without their "Invalid path: <path> / ".
    [Theory]
    [InlineData("invalid", 0, "'/' expected but 'i' found at '[i]nvalid'")]
    [InlineData("/svc/", 5, "label char expected but end of input found at '/svc/[]'")]
    [InlineData("/svc//x", 5, "label char expected but '/' found at '/svc/[/]x'")]
    [InlineData("/svc/a b", 7, "end of input expected but 'b' found at '/svc/a [b]'")]
    [InlineData("", 0, "'/' expected but end of input found at '[]'")]
    [InlineData("//", 1, "end of input expected but '/' found at '/[/]'")]
    [InlineData("/svc/*", 5, "label char expected but '*' found at '/svc/[*]'")]
    [InlineData("/svc/é", 5, "label char expected but 'é' found at '/svc/[é]'")]
    [InlineData("/svc\u00a0", 4, "end of input expected but '\u00a0' found at '/svc[\u00a0]'")]
    [InlineData("/\\", 2, "'x' expected but end of input found at '/\\[]'")]
    [InlineData("/\\y41", 2, "'x' expected but 'y' found at '/\\[y]41'")]
    [InlineData("/\\x4g", 4, "hex char expected but 'g' found at '/\\x4[g]'")]
    [InlineData("/\\x4", 4, "hex char expected but end of input found at '/\\x4[]'")]
    public void Parse_NoName_GivesErrorWithPosition(string text, int position, string message)
    {
        var exception = Assert.Throws<NameSyntaxException>(() => DstPath.Parse(text));

        Assert.Equal(message, exception.Message);
        Assert.Equal(position, exception.Position);
        Assert.False(DstPath.TryParse(text, null, out var none));
        Assert.Null(none);
    }

    [Fact]
    public void TryParse_Name_Succeeds()
    {
        Assert.True(DstPath.TryParse("/svc/web", null, out var path));
        Assert.Equal("/svc/web", path.ToString());
        Assert.False(DstPath.TryParse(null, null, out _));
    }

    [Fact]
    public void FromLabels_AnyCharacters_EscapesWholeLabel()
    {
        Assert.Equal("/svc/\\xc3\\xa9\\x31/a%b", DstPath.FromLabels("svc", "é1", "a%b").ToString());
        Assert.Equal(DstPath.Root, DstPath.FromLabels());
        Assert.Throws<ArgumentException>(() => DstPath.FromLabels("svc", ""));
    }

    [Theory]
    [InlineData("/svc/web", "/", true)]
    [InlineData("/", "/", true)]
    [InlineData("/svc/web", "/svc", true)]
    [InlineData("/svc/web", "/svc/web", true)]
    [InlineData("/svc/web", "/svc/we", false)]
    [InlineData("/svc/web", "/svc/web/x", false)]
    [InlineData("/svcx/web", "/svc", false)]
    [InlineData("/svc", "/SVC", false)]
    [InlineData("/", "/svc", false)]
    [InlineData("/a\\x20b/c", "/a\\x20b", true)]
    [InlineData("/a\\x20b/c", "/a", false)]
    public void StartsWith_Prefix_ComparesWholeLabels(string name, string prefix, bool expected)
    {
        Assert.Equal(expected, DstPath.Parse(name).StartsWith(DstPath.Parse(prefix)));
    }

    [Theory]
    [InlineData("/a/b", "/a/b", true)]
    [InlineData("/\\x41", "/A", true)]
    [InlineData("/", "/a", false)]
    [InlineData("/a", "/a/b", false)]
    [InlineData("/a/b", "/a-b", false)]
    [InlineData("/B", "/b", false)]
    public void Equals_TwoNames_ComparesLabels(string left, string right, bool expected)
    {
        var (a, b) = (DstPath.Parse(left), DstPath.Parse(right));

        Assert.Equal(expected, a.Equals(b));
        Assert.Equal(expected, a == b);
        Assert.Equal(!expected, a != b);
        Assert.True(!expected || a.GetHashCode() == b.GetHashCode());
        Assert.False(a == null || null == a || a.Equals(null));
    }

    [Fact]
    public void TakeSkipAppend_AnyCut_GivesTheNameBack()
    {
        var path = DstPath.Parse("/$/inet/127.0.0.1/80/rest");

        for (var i = 0; i <= path.Count; i++)
        {
            Assert.Equal(path, path.Take(i).Append(path.Skip(i)));
            Assert.True(path.StartsWith(path.Take(i)));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => path.Take(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => path.Skip(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => path.Take(-1));
    }
}
