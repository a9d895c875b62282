using System.Text.Json.Nodes;
using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The JSON Schema of configuration files: it accepts what is printed, and refuses what is wrong.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ConfigurationSchemaTests
{
    private const string Good =
        """
        loops: auto
        graceSecs: 0.5
        routers:
        - label: web
          interpreter: {kind: default, dtab: "/svc => /#/io.l5d.fs", namers: [{kind: io.l5d.fs, rootDir: /disco}]}
          servers:
          - port: 8080
            dstName: /svc/web
            maxConcurrency: ${LIMIT:-5}
            acceptProxy: {trusted: "10.0.0.0/8,::1", untrusted: plain}
            tls: {defaultIdentity: {certs: [a.pem]}, identities: {b: {certs: [b.pem], privateKey: b.key}}, minVersion: 1.2}
            sniRoutes: [{pattern: "*.example.com", dstName: "/svc/{1}"}]
          client: {maxWaiters: 7, tls: {enabled: "${TLS}", names: [a.example.com]}, failFast: {failurePenaltySecs: 2.5}}
        - interpreter: {kind: io.l5d.namerd.http, baseUrl: "http://127.0.0.1:4180", namespace: default, periodSecs: 20}
          servers: [{port: 8081, dstName: /svc/web, connectTimeoutMs: "off"}]
          client: {kind: io.l5d.static, configs: [{prefix: /svc, balancer: p2c}]}
        """;

    /// <summary>Changes of the good file: a text in it, another, and the place of the error.</summary>
    public static TheoryData<string, string, string> Changes => new()
    {
        { "loops: auto", "lops: auto", ": Additional properties are not allowed ('lops' was unexpected)" },
        { "loops: auto", "loops: 0", "loops: " },
        { "loops: auto", "loops: off", "loops: " },
        { "loops: auto", "loops: 1.5", "loops: " },
        { "graceSecs: 0.5", "graceSecs: -1", "graceSecs: " },
        { "graceSecs: 0.5", "graceSecs: 10s", "graceSecs: " },
        { "port: 8080", "port: 65536", "routers/0/servers/0/port: " },
        { "port: 8080\n", "ip: 127.0.0.1\n", "routers/0/servers/0: 'port' is a required property" },
        { "${LIMIT:-5}", "{LIMIT: 5}", "routers/0/servers/0/maxConcurrency: " },
        { "untrusted: plain", "untrusted: maybe", "routers/0/servers/0/acceptProxy/untrusted: " },
        { "untrusted: plain", "other: plain", "routers/0/servers/0/acceptProxy: Additional properties" },
        { "defaultIdentity", "default_identity", "routers/0/servers/0/tls: " },
        { "certs: [b.pem]", "cert: b.pem", "routers/0/servers/0/tls/identities/b: " },
        { "minVersion: 1.2", "minVersion: 1.1", "routers/0/servers/0/tls/minVersion: " },
        { "dstName: \"/svc/{1}\"", "name: /svc", "routers/0/servers/0/sniRoutes/0: " },
        { "kind: default", "kind: other", "routers/0/interpreter/kind: 'other' is not one of" },
        { "kind: default, ", "", "routers/0/interpreter: 'kind' is a required property" },
        { "kind: io.l5d.fs, ", "", "routers/0/interpreter/namers/0: 'kind' is a required property" },
        { "rootDir: /disco", "rootDir: [/disco]", "routers/0/interpreter/namers/0/rootDir: " },
        { "periodSecs: 20", "addrs: []", "routers/1/interpreter: Additional properties" },
        { "maxWaiters: 7", "maxWaiters: true", "routers/0/client/maxWaiters: " },
        { "maxWaiters: 7", "prefix: /svc", "routers/0/client: Additional properties" },
        { "maxWaiters: 7", "configs: []", "routers/0/client: Additional properties" },
        { "enabled: \"${TLS}\"", "enabled: \"yes\"", "routers/0/client/tls/enabled: " },
        { "kind: io.l5d.static, ", "", "routers/1/client: Additional properties" },
        { "balancer: p2c", "balancer: best", "routers/1/client/configs/0/balancer: " },
        { "servers: [{port: 8081, dstName: /svc/web, connectTimeoutMs: \"off\"}]", "servers: []", "routers/1/servers: " },
        { "routers:", "other:", ": 'routers' is a required property" },
    };

    [Fact]
    public async Task Schema_GoodFileAndGeneratedModels_AreValid()
    {
        var models = Enumerable.Range(0, 60).Select(static seed => new GeneratedConfiguration(seed).Make());
        var documents = models.Select(static model => JsonNode.Parse(ConfigurationPrinter.PrintJson(model, KnownKinds.Table))!).Prepend(SchemaValidator.FromYaml(Good));
        Assert.All(await SchemaValidator.RunAsync(documents), static result => Assert.Equal("valid", result));
    }

    [Fact]
    public async Task Schema_EachChangeOfTheGoodFile_IsFoundAtItsPlace()
    {
        var changes = Changes.Select(static row => row.Data).ToList();
        Assert.All(changes, static change => Assert.Contains(change.Item1, Good, StringComparison.Ordinal));
        var results = await SchemaValidator.RunAsync(changes.Select(static change => SchemaValidator.FromYaml(Good.Replace(change.Item1, change.Item2, StringComparison.Ordinal))));
        Assert.Equal(changes.Count, results.Count);
        foreach (var (change, result) in changes.Zip(results))
        {
            Assert.Contains(change.Item3, result, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Schema_DefaultsDescriptionsAndWords_AreThoseOfTheTable()
    {
        var schema = JsonNode.Parse(Assert.IsType<ParsedCommandLine.ShowText>(CommandLineParser.Parse(["config", "schema"])).Text)!;
        var properties = schema["properties"]!;
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string)schema["$schema"]!);
        Assert.Equal(10, (int)properties["graceSecs"]!["default"]!);
        Assert.Equal(65536, (int)properties["bufferSizeBytes"]!["default"]!);
        Assert.Equal("auto", (string)properties["loops"]!["default"]!);
        Assert.Contains("Number of event loops", (string)properties["loops"]!["description"]!, StringComparison.Ordinal);
        Assert.Equal("[\"auto\",\"epoll\",\"sockets\"]", properties["transport"]!["anyOf"]![0]!["enum"]!.ToJsonString());
        var client = properties["routers"]!["items"]!["properties"]!["client"]!["allOf"]!;
        Assert.Equal(3000, (int)client[0]!["then"]!["properties"]!["connectTimeoutMs"]!["default"]!);

        // Settings of a prefix without a value have no default: they override nothing.
        Assert.Null(client[1]!["then"]!["properties"]!["configs"]!["items"]!["properties"]!["connectTimeoutMs"]!["default"]);
    }
}
