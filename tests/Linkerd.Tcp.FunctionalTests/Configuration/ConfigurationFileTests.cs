using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;

namespace Linkerd.Tcp.FunctionalTests;

[Trait("Category", "AnyTransport")]
public sealed class ConfigurationFileTests
{
    private const string Yaml =
        """
        loops: 2
        graceSecs: 0.5
        routers:
        - label: a
          interpreter:
            kind: default
            dtab: /svc => /$/inet/127.0.0.1
          servers:
          - port: 0
            ip: "::1"
            dstName: 9 * /svc/80 & 1 * /svc/81
            acceptProxy: {trusted: [10.0.0.0/8, 192.0.2.1], untrusted: plain}
            sniRoutes:
            - {pattern: "*.example.com", dstName: "/svc/{1}"}
          client:
            kind: io.l5d.static
            balancer: maglev
            hashBalanceFactor: 125
            configs:
            - prefix: /svc
              activeCheck: {intervalMs: 1000, send: 'PING\r\n', expect: "+PONG"}
              sendProxy: {version: v2, uniqueId: true}
              tls: {dnsName: "{sni}", names: [a.example.com, b.example.com], minVersion: "1.3"}
        - label: "café \U0001F600"
          interpreter: {kind: io.l5d.static, addrs: ["10.0.0.1:80", "[fd00::1]:80"]}
          servers: [{port: 1, dstName: /svc/a}]
        """;

    private const string Json =
        """
        {
        	"loops": 2, "graceSecs": 0.5,
        	"routers": [
        		{"label": "a", "interpreter": {"kind": "default", "dtab": "\/svc => \/$\/inet\/127.0.0.1"},
        		 "servers": [{"port": 0, "ip": "::1", "dstName": "9 * /svc/80 & 1 * /svc/81", "acceptProxy": {"trusted": ["10.0.0.0/8", "192.0.2.1"], "untrusted": "plain"},
        		              "sniRoutes": [{"pattern": "*.example.com", "dstName": "/svc/{1}"}]}],
        		 "client": {"kind": "io.l5d.static", "balancer": "maglev", "hashBalanceFactor": 125, "configs": [
        			{"prefix": "/svc", "activeCheck": {"intervalMs": 1000, "send": "PING\\r\\n", "expect": "+PONG"}, "sendProxy": {"version": "v2", "uniqueId": true},
        			 "tls": {"dnsName": "{sni}", "names": ["a.example.com", "b.example.com"], "minVersion": "1.3"}}]}},
        		{"label": "caf\u00e9 \ud83d\ude00", "interpreter": {"kind": "io.l5d.static", "addrs": "10.0.0.1:80,[fd00::1]:80"}, "servers": [{"port": 1, "dstName": "/svc/a"}]}
        	]
        }
        """;

    [Fact]
    public void Read_YamlAndJson_GiveTheSameModel()
    {
        var yaml = FileReading.Describe(FileReading.Model(Yaml));
        Assert.Equal(yaml, FileReading.Describe(FileReading.Model(Json)));
        Assert.Contains("routers[1].label: café \ud83d\ude00", yaml);
        Assert.Contains(@"routers[0].client[0io.l5d.static].configs[0].activeCheck.send: PING\r\n", yaml);
        Assert.Contains("routers[0].client[0io.l5d.static].balancer: maglev", yaml);
        Assert.Contains("routers[0].servers[0].acceptProxy.trusted: 10.0.0.0/8,192.0.2.1", yaml);
    }

    [Theory]
    [InlineData("{\"routers\": [}", "f.yml:1:14: this is not JSON, which a file is that begins with a brace: '}' is an invalid start of a value")]
    [InlineData("{\"routers\": []", "f.yml:1:15: this is not JSON, which a file is that begins with a brace: ")]
    [InlineData("{\"routers\": [],}", "f.yml:1:16: this is not JSON, which a file is that begins with a brace: ")]
    [InlineData("{routers: []}", "f.yml:1:2: this is not JSON, which a file is that begins with a brace: 'r' is an invalid start of a property name")]
    [InlineData("{\n \"é\": 1, \"routers\": 01}", "f.yml:2:22: this is not JSON, which a file is that begins with a brace: Invalid leading zero before '1'")]
    [InlineData("{\"routers\": \"\\ud800\"}", "f.yml:1:13: the text is not Unicode; expected \\u escapes of whole characters")]
    [InlineData("{\"routers\": []} x", "f.yml:1:17: this is not JSON, which a file is that begins with a brace: 'x' is invalid after a single JSON value")]
    [InlineData("{\"routers\": [], \"routers\": []}", "f.yml:1:17: routers: the key is there twice, first at 1:2; expected it once")]
    [InlineData("{\"bufferSizeBytes\": 1e400, \"routers\": null}", "f.yml:1:21: bufferSizeBytes: '1e400': expected a whole number of bytes from 1 to 67108864")]
    [InlineData("{\"bufferSizeBytes\": 80.0, \"routers\": null}", "f.yml:1:21: bufferSizeBytes: '80.0': expected a whole number of bytes from 1 to 67108864")]
    public void Read_WrongJson_IsAnErrorWithItsPlace(string json, string expected) => Assert.Contains(FileReading.Errors(json), error => error.StartsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void Read_Variables_AreExpandedAndNotParsedAgain()
    {
        var proxy = FileReading.Model(
            """
            graceSecs: ${GRACE}
            routers:
            - label: ${LABEL}-$${LABEL}-$LABEL-${MISSING:-}-${EMPTY:-a [b}
              interpreter: {kind: "${KIND:-default}"}
              servers:
              - {port: "${PORT}", dstName: '${HOST:-web}:${PORT}'}
            """,
            ("GRACE", "5"), ("LABEL", "yes: [1]\n# ${PORT}"), ("PORT", "8080"), ("EMPTY", ""));
        Assert.Equal(TimeSpan.FromSeconds(5), proxy.Grace);
        Assert.Equal("yes: [1]\n# ${PORT}-${LABEL}-$LABEL--a [b", proxy.Routers[0].Label);
        Assert.Equal(8080, proxy.Routers[0].Servers[0].Port);
        Assert.Equal("/$/inet/web/8080", proxy.Routers[0].Servers[0].DstName!.ToString());
    }

    [Theory]
    [InlineData("${NONE}", "the environment variable NONE is not set; expected a value, or a default: ${NONE:-default}")]
    [InlineData("${1A}", "'${1A}' is not a variable; expected ${NAME} or ${NAME:-default}, or $${ for the text ${")]
    [InlineData("${}", "'${}' is not a variable; expected ${NAME} or ${NAME:-default}, or $${ for the text ${")]
    [InlineData("a${B", "'${B' has no end; expected ${NAME} or ${NAME:-default}, or $${ for the text ${")]
    public void Read_AVariableThatCannotBeExpanded_IsAnErrorWithItsPlace(string label, string expected) => Assert.Equal(
        ["f.yml:2:10: routers[0].label: " + expected], FileReading.Errors(FileReading.Router.Replace("label: default", $"label: '{label}'", StringComparison.Ordinal)));

    [Fact]
    public void Read_AVariableWithManyCharacters_IsRefusedBeforeMemoryIsFull() => Assert.Contains(
        FileReading.Errors("routers: [" + string.Join(", ", Enumerable.Repeat("{label: '${A}'}", 100)) + "]", ("A", new string('a', 1_000_000))),
        static error => error.EndsWith("the values of variables are too long; expected at most 8388608 characters in a file", StringComparison.Ordinal));

    [Fact]
    public void Read_ErrorsOfAllKinds_AreReportedAtOnceWithTheirPlaces() => Assert.Equal(
        [
            "f.yml:1:1: rooters: unknown key; did you mean routers?",
            "f.yml:4:23: routers[0].interpreter.kind: 'io.l5d.namerd': expected one of default, io.l5d.static, io.l5d.namerd.http, io.l5d.mesh; did you mean io.l5d.namerd.http?",
            "f.yml:6:5: routers[0].servers[0].dstName: a target, or routes beside it, was expected, not null",
            "f.yml:6:11: routers[0].servers[0].port: '70000': expected a whole number of port from 0 to 65535",
            "f.yml:7:5: routers[0].servers[0].idleTimeout: unknown key; did you mean idleTimeoutMs?",
            "f.yml:8:5: routers[0].servers[0].trustCerts: unknown key; it belongs under routers[].servers[].tls or routers[].client.tls",
            "f.yml:9:5: routers[0].servers[1]: expected a mapping, not '5'",
            "f.yml:11:5: routers[0].client.configs: it is a key of kind io.l5d.static, not of io.l5d.global",
            "f.yml:12:10: routers[0].client.tls: expected a mapping with keys such as enabled, dnsName, trustCerts, not 'true'",
            "f.yml:13:14: routers[0].client.retries: expected 0 to 1000, not a list",
            "f.yml:14:3: routers[1].servers: the key is missing; expected a list of mappings",
            "f.yml:15:16: routers[1].interpreter: expected a mapping, not 'default'",
            "f.yml:16:12: routers[2].servers: expected a list of mappings, not a mapping",
        ],
        FileReading.Errors(
            """
            rooters: []
            routers:
            - label: a
              interpreter: {kind: io.l5d.namerd, baseUrl: x}
              servers:
              - port: 70000
                idleTimeout: 5
                trustCerts: a
              - 5
              client:
                configs: []
                tls: true
                retries: [5]
            - label: b
              interpreter: default
            - servers: {port: 5}
            """));

    [Fact]
    public void Read_ValuesThatDoNotFit_AreErrorsAtTheirKeys() => Assert.Equal(
        [
            "f.yml:1:1: routers: another label for each router was expected, not 'default' for 2",
            "f.yml:1:1: routers: another address for each server was expected, not 127.0.0.1 with port 7474 for 2",
            "f.yml:5:5: routers[0].servers[0].acceptBurst: acceptRate beside it was expected, not null",
            "f.yml:7:5: routers[0].client.hashBalanceFactor: balancer maglev beside it was expected, as there is no hashing without",
        ],
        FileReading.Errors(
            """
            routers:
            - servers:
              - port: 7474
                dstName: web:80
                acceptBurst: 5
              client:
                hashBalanceFactor: 125
            - servers: [{port: 7474, dstName: web:80}]
            """));

    [Theory]
    [InlineData("/", "dstName", "'/' leads nowhere")]
    [InlineData("/$/inet/h/http", "dstName", "'/$/inet/h/http': a port from 1 to 65535 was expected where 'http' stands")]
    public void Read_ATargetThatCanNeverBind_IsAnErrorAtItsKey(string target, string key, string expected)
    {
        var error = Assert.Single(FileReading.Errors($"routers:\n- interpreter: {{kind: default, dtab: /a => /b}}\n  servers:\n  - port: 1\n    dstName: {target}\n"));
        Assert.StartsWith("f.yml:5:", error, StringComparison.Ordinal);
        Assert.Contains($"routers[0].servers[0].{key}: ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void ProblemAt_APartWithoutAKey_HasThePlaceOfTheNearestOne()
    {
        var reading = FileReading.Read(FileReading.Router);
        Assert.Equal("f.yml:9:5: routers[0].servers[0].tls.trustCerts: x", reading.ProblemAt("routers[0].servers[0].tls.trustCerts", "x").ToString());
        Assert.Equal("f.yml:3:3: routers[0].interpreter.tls.cert: x", reading.ProblemAt("routers[0].interpreter.tls.cert", "x").ToString());
        Assert.Equal("f.yml:1:1: admin.port: x", reading.ProblemAt("admin.port", "x").ToString());
    }

    [Theory]
    [InlineData("/no/such/file", "/no/such/file: it cannot be read (")]
    [InlineData("/", "/: it cannot be read (")]
    [InlineData("a\0b", "a\\u0000b: it cannot be read (")]
    public void Read_AFileThatCannotBeRead_IsAnError(string file, string expected) => Assert.StartsWith(
        expected.Replace("\\u0000", "\0", StringComparison.Ordinal),
        Assert.Single(ConfigurationFile.Read(file, KnownKinds.Table, static _ => null).Errors).ToString(),
        StringComparison.Ordinal);
}
