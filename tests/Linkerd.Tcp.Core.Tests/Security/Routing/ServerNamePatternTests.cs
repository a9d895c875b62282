using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Routing;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>Patterns of server names and application protocols.</summary>
public sealed class ServerNamePatternTests
{
    private static readonly string Label63 = new('a', 63);

    [Theory]
    [InlineData("www.example.com", "www.example.com", null, 0)]
    [InlineData("WWW.Example.COM", "www.example.com", null, 0)]
    [InlineData("www.example.com.", "www.example.com", null, 0)]
    [InlineData("localhost", "localhost", null, 0)]
    [InlineData("*", "*", null, 1)]
    [InlineData("*.", "*", null, 1)]
    [InlineData("*.example.com", "*.example.com", null, 1)]
    [InlineData("a.*.b.*", "a.*.b.*", null, 2)]
    [InlineData("a_b.-.example", "a_b.-.example", null, 0)]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example", null, 0)]
    [InlineData("1.2.3", "1.2.3", null, 0)]
    [InlineData("*.example.com,alpn=h2", "*.example.com", "h2", 1)]
    [InlineData("a,alpn=http/1.1", "a", "http/1.1", 0)]
    [InlineData("alpn=acme-tls/1", "", "acme-tls/1", 0)]
    [InlineData("alpn", "alpn", null, 0)]
    public void Parse_Pattern_HasItsParts(string text, string labels, string? protocol, int wildcards)
    {
        var pattern = ServerNamePattern.Parse(text);
        Assert.Equal((labels, protocol, wildcards), (string.Join('.', pattern.Labels), pattern.Protocol, pattern.Wildcards));
        Assert.Equal(pattern.ToString(), ServerNamePattern.Parse(pattern.ToString()).ToString());
    }

    [Theory]
    [InlineData("", 0, "a label of letters, digits, '-' and '_', or '*', expected but end of input found at '[]'")]
    [InlineData(".", 0, "a label of letters, digits, '-' and '_', or '*', expected but '.' found at '[.]'")]
    [InlineData("a..b", 2, "a label of letters, digits, '-' and '_', or '*', expected but '.' found at 'a.[.]b'")]
    [InlineData("a.b..", 4, "a label of letters, digits, '-' and '_', or '*', expected but '.' found at 'a.b.[.]'")]
    [InlineData("a.b c", 3, "a label of letters, digits, '-' and '_', or '*', expected but ' ' found at 'a.b[ ]c'")]
    [InlineData("a:443", 1, "a label of letters, digits, '-' and '_', or '*', expected but ':' found at 'a[:]443'")]
    [InlineData("~^a", 0, "a label of letters, digits, '-' and '_', or '*', expected but '~' found at '[~]^a'")]
    [InlineData("api-*.example.com", 4, "'*' as a whole label expected but '*' found at 'api-[*].example.com'")]
    [InlineData("**.example.com", 0, "'*' as a whole label expected but '*' found at '[*]*.example.com'")]
    [InlineData("192.0.2.1", 0, "a host name, as no client sends an address as server name (RFC 6066, 3), expected but '1' found at '[1]92.0.2.1'")]
    [InlineData("::1", 0, "a host name, as no client sends an address as server name (RFC 6066, 3), expected but ':' found at '[:]:1'")]
    [InlineData("b\u00fccher.example", 1, "a host name in the form of DNS ('xn--bcher-kva.example') expected but '\u00fc' found at 'b[\u00fc]cher.example'")]
    [InlineData("*.B\u00dccher.example,alpn=h2", 3, "a host name in the form of DNS ('*.xn--bcher-kva.example') expected but '\u00dc' found at '*.B[\u00dc]cher.example,alpn=h2'")]
    [InlineData("a,", 2, "'alpn=' expected but end of input found at 'a,[]'")]
    [InlineData("a,h2", 2, "'alpn=' expected but 'h' found at 'a,[h]2'")]
    [InlineData("a,alpn=", 7, "an application protocol, such as h2 or http/1.1, expected but end of input found at 'a,alpn=[]'")]
    [InlineData("alpn=", 5, "an application protocol, such as h2 or http/1.1, expected but end of input found at 'alpn=[]'")]
    [InlineData("a,alpn=h2,h3", 9, "an application protocol of at most 255 characters of ASCII without space, ',' and '=', and no '/' at its beginning, expected but ',' found at 'a,alpn=h2[,]h3'")]
    [InlineData("alpn=h 2", 6, "an application protocol of at most 255 characters of ASCII without space, ',' and '=', and no '/' at its beginning, expected but ' ' found at 'alpn=h[ ]2'")]
    [InlineData("a,alpn=/x", 7, "an application protocol of at most 255 characters of ASCII without space, ',' and '=', and no '/' at its beginning, expected but '/' found at 'a,alpn=[/]x'")]
    [InlineData("*.example.com,", 14, "'alpn='")]
    public void Parse_NoPattern_IsSaidWithItsPosition(string text, int position, string message)
    {
        var error = Assert.Throws<NameSyntaxException>(() => ServerNamePattern.Parse(text));
        Assert.Equal(position, error.Position);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Lengths_AreThoseOfDns()
    {
        var longest = string.Join('.', Label63, Label63, Label63, Label63[..61]);
        Assert.Equal(253, longest.Length);
        Assert.Equal(4, ServerNamePattern.Parse(longest).Labels.Length);
        Assert.Equal(63, Assert.Throws<NameSyntaxException>(() => ServerNamePattern.Parse(Label63 + "a.b")).Position);
        Assert.Equal(253, Assert.Throws<NameSyntaxException>(() => ServerNamePattern.Parse(longest + "a")).Position);
        Assert.NotNull(ServerNamePattern.Parse("alpn=" + new string('p', 255)).Protocol);
        Assert.Equal(260, Assert.Throws<NameSyntaxException>(() => ServerNamePattern.Parse("alpn=" + new string('p', 256))).Position);
    }
}
