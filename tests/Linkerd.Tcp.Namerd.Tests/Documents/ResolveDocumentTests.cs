using System.Globalization;
using System.Net;
using System.Text;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Namerd;

/// <summary>Single documents. The numbers are those of the list of scenarios of the wire contract.</summary>
public sealed class ResolveDocumentTests
{
    [Theory]
    [InlineData("", 1, 0)]
    [InlineData("1.0", 1, 0)]
    [InlineData("0.23", 0.23, 0)]
    [InlineData("1", 1, 0)]
    [InlineData("5", 5, 0)]
    [InlineData("0.0", 0, 0)]
    [InlineData("-0.0", 0, 0)]
    [InlineData("1.0E-4", 0.0001, 0)]
    [InlineData("1.0E10", 1e10, 0)]
    [InlineData("1e308", 1e308, 0)]
    [InlineData("\"5\"", 5, 0)]
    [InlineData("\"0.5\"", 0.5, 0)]
    [InlineData("null", 1, 0)]
    [InlineData("-1.0", 1, 1)]
    [InlineData("1e999", 1, 1)]
    [InlineData("\"NaN\"", 1, 1)]
    [InlineData("\"Infinity\"", 1, 1)]
    [InlineData("\"-Infinity\"", 1, 1)]
    [InlineData("\"heavy\"", 1, 1)]
    [InlineData("\"\"", 1, 1)]
    [InlineData("true", 1, 1)]
    [InlineData("{\"a\":[1]}", 1, 1)]
    [InlineData("[1,2]", 1, 1)]
    public void Scenario15_Weight_IsReadOrCountsAsOne(string json, double expected, int invalid)
    {
        var meta = json.Length == 0 ? "{}" : $"{{\"endpoint_addr_weight\":{json}}}";

        var document = Parse($"{{\"type\":\"bound\",\"addrs\":[{{\"ip\":\"10.0.0.1\",\"port\":80,\"meta\":{meta}}}],\"meta\":{{}}}}");

        var endpoint = Assert.Single(Endpoints(document));
        Assert.Equal(expected, endpoint.EffectiveWeight);
        Assert.Equal(invalid, document.InvalidWeights);
    }

    [Fact]
    public void Scenario15_AllWeightsZero_AreKept()
    {
        var entries = string.Join(',', Enumerable.Range(1, 3).Select(port => $"{{\"ip\":\"10.0.0.1\",\"port\":{port},\"meta\":{{\"endpoint_addr_weight\":0.0}}}}"));

        var document = Parse($"{{\"type\":\"bound\",\"addrs\":[{entries}],\"meta\":{{}}}}");

        Assert.Equal([0.0, 0.0, 0.0], Endpoints(document).Select(endpoint => endpoint.EffectiveWeight));
    }

    [Theory]
    [InlineData("{}", "{\"authority\":\"web.service.dc1.consul\"}", "web.service.dc1.consul")]
    [InlineData("{\"authority\":\"own:80\"}", "{\"ssl\":true,\"authority\":\"web\"}", "own:80")]
    [InlineData("{\"authority\":\"own\"}", "{}", "own")]
    [InlineData("{\"authority\":7}", "{\"authority\":\"web\"}", "web")]
    [InlineData("{}", "{\"authority\":\"a\",\"x\":{},\"authority\":\"b\"}", "b")]
    [InlineData("{\"authority\":{\"authority\":\"a\"}}", "{\"authority\":[\"a\"]}", null)]
    [InlineData("{\"authority\":\"\"}", "{\"authority\":null}", null)]
    [InlineData("{\"authority\":\"a b\"}", "{\"authority\":\"\\ud800\",\"\\ud800\":1}", null)]
    [InlineData("null", "7", null)]
    public void Parse_Authority_IsTheEntrysOwnOrTheSets(string own, string ofAll, string? expected)
    {
        var addresses = $"\"addrs\":[{{\"ip\":\"10.0.0.1\",\"port\":80,\"meta\":{own}}}]";
        foreach (var members in new[] { $"{addresses},\"meta\":{ofAll}", $"\"meta\":{ofAll},{addresses}" })
        {
            Assert.Equal(expected, Assert.Single(Endpoints(Parse($"{{\"type\":\"bound\",{members}}}"))).Metadata?.Authority);
        }

        Assert.Null(Assert.Single(Endpoints(Parse($"{{\"type\":\"bound\",\"meta\":{{\"authority\":\"{new string('a', 260)}\"}},{addresses.Replace(own, "{}", StringComparison.Ordinal)}}}"))).Metadata);
    }

    [Theory]
    [InlineData("{\"ssl\":true}")]
    [InlineData("{\"a\":{\"b\":[{},{\"type\":\"neg\"}]},\"addrs\":[]}")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[[[]]]")]
    [InlineData("\"text\"")]
    [InlineData("{\"n\":1e999,\"ip\":1,\"port\":\"x\"}")]
    public void Scenario16_Meta_IsIgnoredAtBothLevels(string meta)
    {
        var document = Parse($"{{\"type\":\"bound\",\"addrs\":[{{\"ip\":\"10.0.0.1\",\"port\":80,\"meta\":{meta}}}],\"meta\":{meta}}}");

        Assert.Equal([new WeightedAddress(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 80))], Endpoints(document));
        Assert.Equal(0, document.Skipped);
    }

    [Fact]
    public void Scenario16_NoMetaAtAll_Parses()
    {
        var document = Parse("{\"addrs\":[{\"port\":80,\"ip\":\"10.0.0.1\"}],\"type\":\"bound\"}");

        Assert.Single(Endpoints(document));
    }

    [Theory]
    [InlineData("0:0:0:0:0:0:0:1", "::1")]
    [InlineData("2001:db8:0:0:0:0:0:1", "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("fe80:0:0:0:0:0:0:1%1", "fe80::1%1")]
    [InlineData("0:0:0:0:0:ffff:a00:1", "10.0.0.1")]
    [InlineData("192.168.0.255", "192.168.0.255")]
    public void Scenario17_GoodAddress_IsRead(string ip, string expected) =>
        Assert.Equal(new IPEndPoint(IPAddress.Parse(expected), 80), Assert.Single(Endpoints(ParseEntry($"{{\"ip\":\"{ip}\",\"port\":80}}"))).Address);

    [Fact]
    public void Scenario17_ZoneOfAnInterface_IsItsNumber()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the loopback is called lo on Linux");

        var address = Assert.IsType<IPEndPoint>(Assert.Single(Endpoints(ParseEntry("{\"ip\":\"fe80:0:0:0:0:0:0:1%lo\",\"port\":80}"))).Address).Address;
        Assert.True(address.ScopeId > 0);
    }

    [Theory]
    [InlineData("{\"ip\":\"fe80::1%no-such-interface\",\"port\":80}", "fe80::1%no-such-interface")]
    [InlineData("{\"ip\":\"fe80::1%\",\"port\":80}", "fe80::1%")]
    [InlineData("{\"ip\":\"[::1]\",\"port\":80}", "[::1]")]
    [InlineData("{\"ip\":\"[::1]:80\",\"port\":80}", "[::1]:80")]
    [InlineData("{\"ip\":\"1\",\"port\":80}", "'1'")]
    [InlineData("{\"ip\":\"10.1\",\"port\":80}", "10.1")]
    [InlineData("{\"ip\":\"0x7f.0.0.1\",\"port\":80}", "0x7f")]
    [InlineData("{\"ip\":\"010.0.0.1\",\"port\":80}", "010.0.0.1")]
    [InlineData("{\"ip\":\"10.0.0.256\",\"port\":80}", "10.0.0.256")]
    [InlineData("{\"ip\":\"10.0.0.1.\",\"port\":80}", "10.0.0.1.")]
    [InlineData("{\"ip\":\"10.0.0.1 \",\"port\":80}", "10.0.0.1")]
    [InlineData("{\"ip\":\"web.example\",\"port\":80}", "web.example")]
    [InlineData("{\"ip\":\"\",\"port\":80}", "''")]
    [InlineData("{\"ip\":7,\"port\":80}", "no 'ip'")]
    [InlineData("{\"port\":80}", "no 'ip'")]
    [InlineData("{\"ip\":\"10.0.0.2\",\"port\":0}", "'0'")]
    [InlineData("{\"ip\":\"10.0.0.2\",\"port\":65536}", "'65536'")]
    [InlineData("{\"ip\":\"10.0.0.2\",\"port\":-1}", "'-1'")]
    [InlineData("{\"ip\":\"10.0.0.2\",\"port\":80.5}", "'80.5'")]
    [InlineData("{\"ip\":\"10.0.0.2\",\"port\":99999999999999999999}", "99999999999999999999")]
    [InlineData("{\"ip\":\"10.0.0.2\",\"port\":\"80\"}", "String")]
    [InlineData("{\"ip\":\"10.0.0.2\",\"port\":[80]}", "StartArray")]
    [InlineData("{\"ip\":\"10.0.0.2\"}", "missing")]
    [InlineData("7", "Number")]
    [InlineData("[{}]", "StartArray")]
    [InlineData("null", "Null")]
    public void Scenario17_BadEntry_IsSkippedAndTheGoodOnesKept(string entry, string example)
    {
        var document = Parse($"{{\"type\":\"bound\",\"addrs\":[{entry},{{\"ip\":\"10.0.0.1\",\"port\":80,\"meta\":{{}}}}],\"meta\":{{}}}}");

        Assert.Equal(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 80), Assert.Single(Endpoints(document)).Address);
        Assert.Equal(1, document.Skipped);
        Assert.Contains(example, document.SkippedExample, StringComparison.Ordinal);

        // Alone it leaves nothing, and that is not the empty set.
        Assert.IsType<Resolution.Failed>(ParseEntry(entry).Resolution);
        Assert.False(ParseEntry(entry).IsAnswer);
    }

    [Fact]
    public void Scenario17_DuplicateAddress_LastWeightWins()
    {
        var document = Parse("""{"type":"bound","addrs":[{"ip":"10.0.0.1","port":80,"meta":{"endpoint_addr_weight":2.0}},{"ip":"10.0.0.1","port":80,"meta":{"endpoint_addr_weight":3.0}}],"meta":{}}""");

        Assert.Equal(3, Assert.Single(Endpoints(document)).Weight);
    }

    [Theory]
    [InlineData("{\"type\":\"neg\"}", typeof(Resolution.Negative))]
    [InlineData("{\"type\":\"neg\",\"addrs\":[],\"meta\":{}}", typeof(Resolution.Negative))]
    [InlineData("{\"type\":\"pending\"}", typeof(Resolution.Pending))]
    [InlineData("{\"type\":\"failed\"}", typeof(Resolution.Failed))]
    [InlineData("{\"type\":\"failed\",\"cause\":{\"a\":1}}", typeof(Resolution.Failed))]
    [InlineData(" \t{ \"type\" : \"bound\" , \"addrs\" : [ ] }\r\n", typeof(Resolution.Bound))]
    [InlineData("{\"type\":\"neg\",\"type\":\"bound\",\"addrs\":1,\"addrs\":[]}", typeof(Resolution.Bound))]
    public void Parse_DocumentOfNamerd_IsItsState(string json, Type expected)
    {
        var document = Parse(json);

        Assert.IsType(expected, document.Resolution);
        Assert.True(document.IsAnswer);
    }

    [Theory]
    [InlineData("{}", "no 'type'")]
    [InlineData("{\"type\":1}", "no 'type'")]
    [InlineData("{\"type\":null}", "no 'type'")]
    [InlineData("{\"type\":\"leaf\",\"bound\":{}}", "'leaf'")]
    [InlineData("{\"type\":\"bound\"}", "'addrs'")]
    [InlineData("{\"type\":\"bound\",\"addrs\":{}}", "'addrs'")]
    [InlineData("{\"type\":\"bound\",\"addrs\":null}", "'addrs'")]
    public void Parse_OtherJsonObject_FailedAndNoAnswer(string json, string expected)
    {
        var document = Parse(json);

        Assert.Contains(expected, Assert.IsType<Resolution.Failed>(document.Resolution).Error, StringComparison.Ordinal);
        Assert.False(document.IsAnswer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{")]
    [InlineData("{}}")]
    [InlineData("{\"type\":\"neg\"} {\"type\":\"neg\"}")]
    [InlineData("{\"type\":\"neg\",}")]
    [InlineData("{\"type\":\"\\ud800\"}")]
    [InlineData("{\"type\":\"failed\",\"cause\":\"\\ud800\"}")]
    public void Parse_NoJsonObject_IsAnError(string json)
    {
        Assert.Null(ResolveDocument.Parse(Encoding.UTF8.GetBytes(json), out var error));
        Assert.NotNull(error);
    }

    [Fact]
    public void Parse_InvalidUtf8_IsAnError() =>
        Assert.Null(ResolveDocument.Parse([.. "{\"type\":\""u8, 0xff, 0xc0, .. "\"}"u8], out _));

    [Theory]
    [InlineData(100, true)]
    [InlineData(100_000, false)]
    public void Parse_DeepNesting_IsReadToALimit(int depth, bool parses)
    {
        var meta = new string('[', depth) + new string(']', depth);

        var document = ResolveDocument.Parse(Encoding.UTF8.GetBytes($"{{\"meta\":{meta},\"type\":\"neg\"}}"), out _);

        Assert.Equal(parses, document is not null);
    }

    [Fact]
    public void Parse_CommaLocale_ReadsWeightsAllTheSame()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NumberGroupSeparator = "." } };
            var document = ParseEntry("{\"ip\":\"10.0.0.1\",\"port\":80,\"meta\":{\"endpoint_addr_weight\":\"0.5\"}}");
            Assert.Equal(0.5, Assert.Single(Endpoints(document)).Weight);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static ResolveDocument ParseEntry(string entry) => Parse($"{{\"type\":\"bound\",\"addrs\":[{entry}],\"meta\":{{}}}}");

    private static ResolveDocument Parse(string json) => ResolveDocument.Parse(Encoding.UTF8.GetBytes(json), out _) ?? throw new FormatException(json);

    private static IEnumerable<WeightedAddress> Endpoints(ResolveDocument document) =>
        Assert.IsType<Resolution.Bound>(document.Resolution).Endpoints.Groups.SelectMany(group => group.Endpoints);
}
