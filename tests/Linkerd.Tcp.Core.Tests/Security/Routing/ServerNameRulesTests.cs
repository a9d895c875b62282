using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Routing;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>Which rule counts, and the name that it gives.</summary>
public sealed class ServerNameRulesTests
{
    private static readonly DstPath Default = DstPath.Parse("/svc/default");

    [Theory]
    [InlineData("www.example.com", "/svc/www")]
    [InlineData("WWW.EXAMPLE.com", "/svc/www")]
    [InlineData("www.example.com.", "/svc/www")]
    [InlineData("api.example.com", "/svc/api")]
    [InlineData("API.example.com", "/svc/api")]
    [InlineData("a_b-1.example.com", "/svc/a_b-1")]
    [InlineData("example.com", "/two/example/com")]
    [InlineData("a.b.example.com", "/svc/default")]
    [InlineData("a.b.example.org", "/org/b/v-a")]
    [InlineData("localhost", "/one/localhost")]
    [InlineData("other.org", "/two/other/org")]
    [InlineData(".example.com", "/svc/default")]
    [InlineData("..", "/svc/default")]
    [InlineData(".", "/svc/default")]
    [InlineData("", "/svc/default")]
    [InlineData(null, "/svc/default")]
    public void Find_ServerName_TakesTheExactOneBeforeWildcards(string? serverName, string expected)
    {
        var rules = Rules("*=/one/{1}", "*.*=/two/{1}/{2}", "*.example.com=/svc/{1}", "www.example.com=/svc/www", "*.*.example.org=/org/{2}/v-{1}");
        Assert.Equal(expected, rules.Find(serverName, [])!.ToString());
    }

    [Theory]
    [InlineData("a.b.c", "/exact")]
    [InlineData("a.b.x", "/one")]
    [InlineData("a.x.c", "/two")]
    [InlineData("x.b.c", "/three")]
    [InlineData("x.x.c", "/four")]
    [InlineData("x.b.x", "/five")]
    [InlineData("a.x.x", "/six")]
    [InlineData("x.x.x", "/seven")]
    public void Find_SeveralFit_TakesTheFewestWildcardsThenTheFirst(string serverName, string expected)
    {
        string[] rules = ["*.*.*=/seven", "*.*.c=/four", "a.b.*=/one", "a.*.c=/two", "*.b.c=/three", "*.b.*=/five", "a.*.*=/six", "a.b.c=/exact"];
        Assert.Equal(expected, Rules(rules).Find(serverName, [])!.ToString());

        // Of two with as many, the first; whatever order the tree has them in.
        Assert.Equal("/x", Rules("a.*=/x", "*.b=/y").Find("a.b", [])!.ToString());
        Assert.Equal("/y", Rules("*.b=/y", "a.*=/x").Find("a.b", [])!.ToString());
    }

    [Theory]
    [InlineData("grpc.example.com", "h2,http/1.1", "/svc/grpc-h2")]
    [InlineData("grpc.example.com", "http/1.1,h2", "/svc/grpc-h1")]
    [InlineData("grpc.example.com", "h3", "/svc/wild-h3")]
    [InlineData("grpc.example.com", "", "/svc/wild")]
    [InlineData("grpc.example.com", "spdy", "/svc/wild")]
    [InlineData("api.example.com", "h2", "/svc/wild")]
    [InlineData("api.example.com", "x,h3", "/svc/wild-h3")]
    [InlineData("other.example", "x,acme-tls/1", "/svc/acme")]
    [InlineData("other.example", "H2", "/svc/default")]
    [InlineData(null, "acme-tls/1", "/svc/acme")]
    [InlineData(null, "", "/svc/default")]
    public void Find_ApplicationProtocols_ChooseAmongRulesOfAPattern(string? serverName, string protocols, string expected)
    {
        var rules = Rules(
            "alpn=acme-tls/1=/svc/acme", "*.example.com=/svc/wild", "*.example.com,alpn=h3=/svc/wild-h3", "grpc.example.com,alpn=http/1.1=/svc/grpc-h1", "grpc.example.com,alpn=h2=/svc/grpc-h2");
        Assert.Equal(expected, rules.Find(serverName, protocols.Split(',', StringSplitOptions.RemoveEmptyEntries))!.ToString());
    }

    [Fact]
    public void Find_NothingFits_IsTheDefaultOrNothing()
    {
        Assert.Same(Default, Rules("a=/a").Find("b", ["h2"]));
        Assert.Null(new ServerNameRules([ServerNameRule.Parse("a=/a")], null).Find("b", []));
        Assert.Same(Default, new ServerNameRules([], Default).Find("b", []));
    }

    // A PROXY header may name anything: it is no host name, or it is escaped; no label of a client's makes more labels, or a namer of the system.
    [Theory]
    [InlineData("$.example.com", null)]
    [InlineData("#.example.com", null)]
    [InlineData("a/b.example.com", null)]
    [InlineData("a:b.example.com", null)]
    [InlineData("%.example.com", null)]
    [InlineData("\\x2f.example.com", null)]
    [InlineData(" .example.com", null)]
    [InlineData("\0.example.com", null)]
    [InlineData("*.example.com", null)]
    [InlineData("b\u00fccher.example.com", "/\\x62\\xc3\\xbc\\x63\\x68\\x65\\x72/v-b")]
    [InlineData("\u2028.example.com", "/\\xe2\\x80\\xa8/v-b")]
    public void Find_CapturedLabel_IsOneEscapedLabel(string serverName, string? expected)
    {
        var rules = new ServerNameRules([ServerNameRule.Parse("*.example.com=/{1}/v-b")], null);
        var name = rules.Find(serverName, []);
        Assert.Equal(expected, name?.ToString());
        Assert.True(name is null || name == DstPath.FromLabels(serverName[..serverName.IndexOf('.', StringComparison.Ordinal)], "v-b"));
    }

    [Fact]
    public void Find_CaptureWithinALabel_IsEscapedWithIt() =>
        Assert.Equal(DstPath.FromLabels("svc", "v-\u00fc.x"), new ServerNameRules([ServerNameRule.Parse("*.a=/svc/v-{1}.x")], null).Find("\u00fc.a", []));

    [Fact]
    public void Find_NameThatIsTooLong_FitsNoRule()
    {
        var rules = Rules("*=/one/{1}");
        Assert.Equal(2, rules.Find(new string('a', 255), [])!.Count);
        Assert.Same(Default, rules.Find(new string('a', 256), []));
        Assert.Same(Default, rules.Find(new string('.', 255), []));
    }

    [Fact]
    public void Constructor_SamePatternTwice_Throws()
    {
        ServerNameRule[] rules = [ServerNameRule.Parse("*.a,alpn=h2=/x"), ServerNameRule.Parse("*.a=/y"), ServerNameRule.Parse("*.A.,alpn=h2=/z")];
        Assert.Equal([(2, "'*.a,alpn=h2=/z' never counts, as '*.a,alpn=h2=/x' comes first; expected each pattern once")], ServerNameRules.FindProblems(rules));
        Assert.Throws<ArgumentException>(() => new ServerNameRules(rules, null));
        Assert.Empty(ServerNameRules.FindProblems(rules[..2]));
    }

    [Fact]
    public void Find_NothingCaptured_AllocatesNothing()
    {
        var rules = Rules("*.example.com=/svc/wild", "www.example.com=/svc/www", "grpc.example.com,alpn=h2=/svc/grpc");
        string[] names = ["www.example.com", "API.example.com.", "grpc.example.com", "none.example"];
        string[] protocols = ["h2", "http/1.1"];
        var before = 0L;
        for (var round = 0; round < 2; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var name in names)
            {
                rules.Find(name, protocols);
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    // Against the plain reading of what the rules say: all that fit, by wildcards, protocol and order.
    [Fact]
    public void Find_RandomRulesAndNames_AreAsThePlainReadingHasIt()
    {
        var random = RandomSource.Seeded(47);
        int Below(int most) => (int)(random.NextUInt64() % (ulong)most);
        string Labels(string letters) => string.Join('.', Enumerable.Range(0, 1 + Below(4)).Select(_ => letters[Below(letters.Length)]));
        string[] offered = ["p", "q", "r"];
        for (var round = 0; round < 500; round++)
        {
            var rules = Enumerable.Range(0, Below(12)).Select(i => $"{Labels("ab*")}{(Below(3) == 0 ? ",alpn=" + offered[Below(3)] : string.Empty)}=/r/{i}")
                .Select(ServerNameRule.Parse).DistinctBy(rule => rule.Pattern.ToString()).ToArray();
            var built = new ServerNameRules(rules, Default);
            for (var i = 0; i < 20; i++)
            {
                var name = Labels("abc");
                string[] protocols = [.. offered.OrderBy(_ => random.NextUInt64()).Take(Below(4))];
                Assert.Equal(Plain(rules, name.Split('.'), protocols) ?? Default.ToString(), built.Find(name, protocols)!.ToString());
            }
        }
    }

    private static string? Plain(ServerNameRule[] rules, string[] labels, string[] protocols)
    {
        var patterns = rules.Where(rule => rule.Pattern.Labels.Length == labels.Length && rule.Pattern.Labels.Zip(labels).All(pair => pair.First == "*" || pair.First == pair.Second))
            .Where(rule => rule.Pattern.Protocol is null || protocols.Contains(rule.Pattern.Protocol))
            .GroupBy(rule => string.Join('.', rule.Pattern.Labels));
        var best = patterns.Select(pattern => pattern.MinBy(rule => rule.Pattern.Protocol is null ? int.MaxValue : Array.IndexOf(protocols, rule.Pattern.Protocol))!);
        return best.OrderBy(rule => rule.Pattern.Wildcards).ThenBy(rule => Array.IndexOf(rules, rule)).FirstOrDefault()?.Target.ToString();
    }

    private static ServerNameRules Rules(params string[] rules) => new([.. rules.Select(ServerNameRule.Parse)], Default);
}
