using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>Rules as a command line has them.</summary>
public sealed class ServerNameRuleTests
{
    [Theory]
    [InlineData("www.example.com=/svc/web", "www.example.com", null, "/svc/web")]
    [InlineData("*.example.com=/svc/{1}", "*.example.com", null, "/svc/{1}")]
    [InlineData("a,alpn=h2=/svc/a", "a", "h2", "/svc/a")]
    [InlineData("alpn=http/1.1=/svc/a", "", "http/1.1", "/svc/a")]
    [InlineData("alpn=/svc/a", "alpn", null, "/svc/a")]
    [InlineData("alpn,alpn=h2=/svc/a", "alpn", "h2", "/svc/a")]
    [InlineData("*.*.x=/svc/{2}/{1}-{2}", "*.*.x", null, "/svc/{2}/{1}-{2}")]
    [InlineData("a=/svc/\\x3d", "a", null, "/svc/\\x3d")]
    public void Parse_Rule_HasItsParts(string text, string labels, string? protocol, string target)
    {
        var rule = ServerNameRule.Parse(text);
        Assert.Equal((labels, protocol, target), (string.Join('.', rule.Pattern.Labels), rule.Pattern.Protocol, rule.Target.ToString()));
        Assert.Equal(text, rule.ToString());
    }

    [Theory]
    [InlineData("", 0, "a label of letters")]
    [InlineData("a", 1, "'=' and a name expected but end of input found at 'a[]'")]
    [InlineData("a.example,alpn=h2", 17, "'=' and a name expected but end of input found at 'a.example,alpn=h2[]'")]
    [InlineData("alpn=h2", 7, "'=' and a name expected but end of input found at 'alpn=h2[]'")]
    [InlineData("a,alpn=/svc", 7, "an application protocol of at most")]
    [InlineData("a b", 1, "a label of letters")]
    [InlineData("a b=/svc", 1, "a label of letters")]
    [InlineData("=/svc", 0, "a label of letters")]
    [InlineData("a=", 2, "'/' expected but end of input found at '[]'")]
    [InlineData("a=svc", 2, "'/' expected but 's' found at '[s]vc'")]
    [InlineData("a= /svc", 2, "'/' expected but ' ' found at '[ ]/svc'")]
    [InlineData("a=/", 3, "a name such as /svc/web, as '/' leads nowhere, expected but end of input found at '/[]'")]
    [InlineData("a=/svc/", 7, "label char expected but end of input found at '/svc/[]'")]
    [InlineData("a=/svc/{1}", 7, "a name without captures, as the pattern has no '*', expected but '{' found at '/svc/[{]1}'")]
    [InlineData("alpn=h2=/svc/{1}", 13, "a name without captures, as the pattern has no '*', expected but '{' found at '/svc/[{]1}'")]
    [InlineData("*.a=/svc/{2}", 10, "{1}, as the pattern has one '*', expected but '2' found at '/svc/{[2]}'")]
    [InlineData("*.a=/svc/{0}", 10, "{1}, as the pattern has one '*', expected but '0' found at '/svc/{[0]}'")]
    [InlineData("*.a=/svc/{01}", 10, "{1}, as the pattern has one '*',")]
    [InlineData("*.a=/svc/{-1}", 10, "{1}, as the pattern has one '*',")]
    [InlineData("*.a=/svc/{}", 10, "{1}, as the pattern has one '*', expected but '}' found at '/svc/{[}]'")]
    [InlineData("*.a=/svc/{", 10, "{1}, as the pattern has one '*', expected but end of input found at '/svc/{[]'")]
    [InlineData("*.a=/svc/{1", 10, "{1}, as the pattern has one '*', expected but '1' found at '/svc/{[1]'")]
    [InlineData("*.*.a=/svc/{1}{3}", 15, "{1} to {2}, as the pattern has 2 of '*', expected but '3' found at '/svc/{1}{[3]}'")]
    [InlineData("*.a=/svc/{1}/", 13, "label char expected but end of input found at '/svc/{1}/[]'")]
    [InlineData("*.a=/svc/{1}!", 12, "end of input expected but '!' found at '/svc/{1}[!]'")]
    [InlineData("*.a=/svc/1}", 10, "end of input expected but '}' found at '/svc/1[}]'")]
    [InlineData("*.a=/svc/\\x{1}", 11, "hex char expected but '{' found at '/svc/\\x[{]1}'")]
    [InlineData("*.a={1}", 4, "'/' expected but '{' found at '[{]1}'")]
    public void Parse_NoRule_IsSaidWithItsPosition(string text, int position, string message)
    {
        var error = Assert.Throws<NameSyntaxException>(() => ServerNameRule.Parse(text));
        Assert.Equal(position, error.Position);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }
}
