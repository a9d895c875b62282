using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>Targets as people type them.</summary>
public sealed class TargetTextTests
{
    [Theory]
    [InlineData("127.0.0.1:8080", "/$/inet/127.0.0.1/8080")]
    [InlineData("localhost:8080", "/$/inet/localhost/8080")]
    [InlineData("[::1]:8080", "/$/inet/::1/8080")]
    [InlineData("[FE80::1%eth0]:80", "/$/inet/FE80::1%eth0/80")]
    [InlineData("[::ffff:10.0.0.1]:80", "/$/inet/::ffff:10.0.0.1/80")]
    [InlineData("Web.Example.COM:65535", "/$/inet/Web.Example.COM/65535")]
    [InlineData("web.example.com.:1", "/$/inet/web.example.com./1")]
    [InlineData("_my_web-1:080", "/$/inet/_my_web-1/80")]
    [InlineData("3com.example:80", "/$/inet/3com.example/80")]
    [InlineData("B\u00fccher.example:80", "/$/inet/xn--bcher-kva.example/80")]
    [InlineData("  10.0.0.1:80  ", "/$/inet/10.0.0.1/80")]
    [InlineData("10.0.0.1:80 # the first", "/$/inet/10.0.0.1/80")]
    [InlineData("a:1,b:2", "/$/inets/a/1/b/2")]
    [InlineData("a:1 , b:2,\t[::1]:3", "/$/inets/a/1/b/2/::1/3")]
    [InlineData("3 * 10.0.0.1:80 & 1 * web:80", "3 * /$/inet/10.0.0.1/80 & /$/inet/web/80")]
    [InlineData("3*10.0.0.1:80&1*web:80", "3 * /$/inet/10.0.0.1/80 & /$/inet/web/80")]
    [InlineData("0.5 * a:1,b:2 & c:3", "0.5 * /$/inets/a/1/b/2 & /$/inet/c/3")]
    [InlineData("(a:1 | /svc/b) & ~ & !", "(/$/inet/a/1 | /svc/b) & ~ & !")]
    [InlineData("# first\n2 * a:1 # & x:1\n& b:2", "2 * /$/inet/a/1 & /$/inet/b/2")]
    [InlineData("/svc/a # b & c\n | b:2", "/svc/a | /$/inet/b/2")]
    [InlineData("/svc/a#b & c:1", "/svc/a#b & /$/inet/c/1")]
    [InlineData("/svc/a | $", "/svc/a | $")]
    public void Parse_Addresses_AreNames(string text, string expected) => Assert.Equal(expected, TargetText.Parse(text).ToString());

    [Theory]
    [InlineData("web", "'web' has no port; expected a host and a port, such as 127.0.0.1:8080, [::1]:8080 or web:8080; or a name such as /svc/foo")]
    [InlineData("[::1]", "'[::1]' has no port; ")]
    [InlineData("10.0.0.1", "'10.0.0.1' has no port; ")]
    [InlineData("8080", "'8080' has no host; expected localhost:8080, or the host of another machine")]
    [InlineData(":8080", "':8080' has no host; expected localhost:8080, or the host of another machine")]
    [InlineData("web:", "'' in 'web:' is not a port from 1 to 65535; ")]
    [InlineData("web:http", "'http' in 'web:http' is not a port from 1 to 65535; ")]
    [InlineData("web:0", "'0' in 'web:0' is not a port from 1 to 65535; ")]
    [InlineData("web:65536", "'65536' in 'web:65536' is not a port from 1 to 65535; ")]
    [InlineData("web:-1", "'-1' in 'web:-1' is not a port from 1 to 65535; ")]
    [InlineData("::1:8080", "the IPv6 address of '::1:8080' goes in brackets; ")]
    [InlineData("a:b:1", "'a:b:1' has more than one ':'; ")]
    [InlineData("[10.0.0.1]:80", "'[10.0.0.1]' in '[10.0.0.1]:80' is not an IPv6 address; ")]
    [InlineData("http://web:80/", "'http://web:80/' is a URL, and this forwards connections whatever they carry; ")]
    [InlineData("010.0.0.1:80", "'010.0.0.1' in '010.0.0.1:80' is neither a host name nor an IP address; expected an IPv4 address of four decimal numbers")]
    [InlineData("we!b:80", "'we!b' in 'we!b:80' is neither a host name nor an IP address; ")]
    [InlineData("\u00e9\u00fc..x:80", "'\u00e9\u00fc..x' in '\u00e9\u00fc..x:80' is neither a host name nor an IP address; ")]
    [InlineData("a:1,", "an address is missing beside ','; ")]
    [InlineData(",a:1", "an address is missing beside ','; ")]
    [InlineData("a:1 & web", "'web' has no port; ")]
    [InlineData("a:1 b:2", "end of input expected but 'b' found at '/$/inet/a/1 [b]:2'; expected an address such as 127.0.0.1:8080, a name such as /svc/foo, or a tree")]
    [InlineData("svc/foo", "simple expected but 's' found at '[s]vc/foo'; expected an address such as 127.0.0.1:8080, a name such as /svc/foo, or a tree")]
    [InlineData("", "simple expected but end of input found")]
    [InlineData("a:1 &", "simple expected but end of input found")]
    public void Parse_NoAddress_SaysWhatIsWrongAndShowsAnExample(string text, string expected)
    {
        var error = Assert.Throws<InvalidValueException>(() => TargetText.Parse(text));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    // Whatever is typed, it ends with a tree or with words.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Parse_AnyText_EndsInTime(ulong seed)
    {
        const string Alphabet = "ab1.:,&|()*#/ \n[]~!$%\\\u00fc-";
        var random = RandomSource.Seeded(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Create((int)(random.NextUInt64() % 12), random, static (span, random) =>
            {
                foreach (ref var c in span)
                {
                    c = Alphabet[(int)(random.NextUInt64() % (ulong)Alphabet.Length)];
                }
            });
            Assert.True(Record.Exception(() => TargetText.Parse(text)) is null or InvalidValueException, text);
        }
    }
}
