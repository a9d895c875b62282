using Linkerd.Tcp.Hosting.Values;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>Routes by server name as people type them.</summary>
public sealed class SniRouteTextTests
{
    [Theory]
    [InlineData("www.example.com=web:80", "www.example.com", "/$/inet/web/80", false)]
    [InlineData("WWW.Example.com.=/svc/web", "www.example.com", "/svc/web", false)]
    [InlineData("*.example.com=/svc/{1}", "*.example.com", "/svc/{1}", true)]
    [InlineData("*.*.example.com=/svc/{2}/x-{1}", "*.*.example.com", "/svc/{2}/x-{1}", true)]
    [InlineData("*.example.com=/svc/web", "*.example.com", "/svc/web", false)]
    [InlineData("*.example.com,alpn=h2=9 * a:80 & 1 * b:80", "*.example.com,alpn=h2", "9 * /$/inet/a/80 & /$/inet/b/80", false)]
    [InlineData("alpn=h2=/svc/a | /svc/b", "alpn=h2", "/svc/a | /svc/b", false)]
    [InlineData("alpn=http/1.1=a:80,b:80", "alpn=http/1.1", "/$/inets/a/80/b/80", false)]
    [InlineData("alpn=/svc/web", "alpn", "/svc/web", false)]
    [InlineData("a= /svc/web ", "a", "/svc/web", false)]
    public void Parse_Routes_ArePatternsAndTargets(string text, string pattern, string target, bool hasCaptures)
    {
        var route = SniRouteText.Parse(text);
        Assert.Equal((pattern, target, hasCaptures), (route.Pattern, route.DstName!.ToString(), route.DstName.HasCaptures));
        var again = SniRouteText.Parse(SniRouteText.Print(route)!);
        Assert.Equal((pattern, target), (again.Pattern, again.DstName!.ToString()));
    }

    [Theory]
    [InlineData("www.example.com", "the target is missing; expected PATTERN=TREE")]
    [InlineData("www.example.com=", "the target is missing; expected PATTERN=TREE")]
    [InlineData("alpn=h2", "the target is missing; expected PATTERN=TREE")]
    [InlineData("=/svc/web", "a label of letters, digits, '-' and '_', or '*', expected but end of input found at '[]'; expected a pattern such as www.example.com")]
    [InlineData("w*.example.com=/svc/web", "'*' as a whole label expected but '*' found at 'w[*].example.com'; expected a pattern such as")]
    [InlineData("10.0.0.1=/svc/web", "a host name, as no client sends an address as server name (RFC 6066, 3), expected but '1' found at '[1]0.0.0.1'")]
    [InlineData("a.example.com,alpn=/svc/web", "an application protocol")]
    [InlineData("a=web", "'web' has no port; expected a host and a port")]
    [InlineData("a=/svc/", "label char expected but end of input found at '/svc/[]'")]
    [InlineData("a=/", "'/' leads nowhere")]
    [InlineData("a=/svc/{1}", "a name without captures, as the pattern has no '*', expected but '{' found at '/svc/[{]1}'")]
    [InlineData("*.a=/svc/{2}", "{1}, as the pattern has one '*', expected but '2' found at '/svc/{[2]}'")]
    [InlineData("*.a=/svc/{x}", "'{x}' begins with no capture; expected a name such as /svc/{1}, as only a name can have captures")]
    [InlineData("*.a=/svc/{01}", "'{01}' begins with no capture")]
    [InlineData("*.a=/svc/{1", "'{1' begins with no capture")]
    [InlineData("*.a=/svc/{1} | /svc/b", "end of input expected but '|' found at '/svc/{1} [|] /svc/b'; expected a name such as /svc/{1}, as only a name can have captures")]
    [InlineData("*.a={1}:80", "'/' expected but '{' found at '[{]1}:80'; expected a name such as /svc/{1}")]
    [InlineData("*.a=/{1}", "clients could choose any name, as the first label has a capture; expected a name such as /svc/{1}")]
    [InlineData("*.a=/{1}/b", "clients could choose any name")]
    public void Parse_Nonsense_IsAnErrorThatSaysWhatIsExpected(string text, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<InvalidValueException>(() => SniRouteText.Parse(text)).Message, StringComparison.Ordinal);
}
