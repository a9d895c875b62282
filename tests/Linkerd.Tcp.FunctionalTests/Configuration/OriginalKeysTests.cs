using System.Net;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The keys of the original, 0.1.1, each in a file of its own.</summary>
[Trait("Category", "AnyTransport")]
public sealed class OriginalKeysTests
{
    private const string Tls = FileReading.Router + "    tls:\n      defaultIdentity:\n        certs: [cert.pem]\n        privateKey: key.pem\n";

    private static readonly (string Key, string Text, Func<ProxyConfiguration, object?> Value, object? Expected)[] Keys =
    [
        ("bufferSizeBytes", "bufferSizeBytes: 16384\n" + FileReading.Router, static proxy => proxy.BufferSizeBytes, 16384),
        ("routers[].label", FileReading.Router, static proxy => proxy.Routers[0].Label, "default"),
        ("routers[].interpreter.kind", FileReading.Router, static proxy => proxy.Routers[0].Interpreter.Kind, "io.l5d.namerd.http"),
        ("routers[].interpreter.baseUrl", FileReading.Router, static proxy => Namerd(proxy).BaseAddresses.Single(), new Uri("http://127.0.0.1:4180")),
        ("routers[].interpreter.namespace", FileReading.Router, static proxy => Namerd(proxy).Namespace, "default"),
        ("routers[].interpreter.periodSecs", FileReading.Router, static proxy => Namerd(proxy).Period, TimeSpan.FromSeconds(60)),
        ("routers[].servers[].port", FileReading.Router, static proxy => Server(proxy).Port, 7474),
        ("routers[].servers[].ip", FileReading.Router + "    ip: 0.0.0.0\n", static proxy => Server(proxy).Ip, IPAddress.Any),
        ("routers[].servers[].ip (default)", FileReading.Router, static proxy => Server(proxy).Ip, IPAddress.Loopback),
        ("routers[].servers[].dstName", FileReading.Router, static proxy => Server(proxy).DstName!.ToString(), "/svc/default"),
        ("routers[].servers[].connectTimeoutMs", FileReading.Router + "    connectTimeoutMs: 500\n", static proxy => Server(proxy).ConnectTimeout, TimeSpan.FromMilliseconds(500)),
        ("routers[].servers[].connectionLifetimeSecs", FileReading.Router + "    connectionLifetimeSecs: 300\n", static proxy => Server(proxy).ConnectionLifetime, TimeSpan.FromSeconds(300)),
        ("routers[].servers[].maxConcurrency", FileReading.Router + "    maxConcurrency: 100000\n", static proxy => Server(proxy).MaxConcurrency, 100_000),
        ("routers[].servers[].tls.defaultIdentity.certs", Tls, static proxy => Server(proxy).Tls!.DefaultIdentity!.Certs.Single(), "cert.pem"),
        ("routers[].servers[].tls.defaultIdentity.privateKey", Tls, static proxy => Server(proxy).Tls!.DefaultIdentity!.PrivateKey, "key.pem"),
        ("routers[].servers[].tls.alpnProtocols", Tls + "      alpnProtocols: [h2, http/1.1]\n", static proxy => string.Join(' ', Server(proxy).Tls!.AlpnProtocols), "h2 http/1.1"),
        ("routers[].servers[].tls.identities.*.certs", Identities, static proxy => string.Join(' ', Server(proxy).Tls!.Identities["www.example.com"].Certs), "www.pem chain.pem"),
        ("routers[].servers[].tls.identities.*.privateKey", Identities, static proxy => Server(proxy).Tls!.Identities["www.example.com"].PrivateKey, "www-key.pem"),
        ("routers[].client.kind (global)", Global("maxWaiters: 5"), static proxy => proxy.Routers[0].Client.Configs.Count, 0),
        ("routers[].client.kind (default)", FileReading.Router + "  client:\n    maxWaiters: 5\n", static proxy => Client(proxy).MaxWaiters, 5),
        ("routers[].client.connectTimeoutMs", Global("connectTimeoutMs: 400"), static proxy => Client(proxy).ConnectTimeout, TimeSpan.FromMilliseconds(400)),
        ("routers[].client.maxWaiters", Global("maxWaiters: 1000000"), static proxy => Client(proxy).MaxWaiters, 1_000_000),
        ("routers[].client.minConnections", Global("minConnections: 3"), static proxy => Client(proxy).MinConnections, 3),
        ("routers[].client.failFast.maxConsecutiveFailures", Global("failFast: {maxConsecutiveFailures: 7}"), static proxy => Client(proxy).MaxConsecutiveFailures, 7),
        ("routers[].client.failFast.failurePenaltySecs", Global("failFast: {failurePenaltySecs: 60}"), static proxy => Client(proxy).FailurePenalty, TimeSpan.FromSeconds(60)),
        ("routers[].client.tls.dnsName", Global("tls: {dnsName: www.example.com}"), static proxy => Client(proxy).TlsDnsName, "www.example.com"),
        ("routers[].client.tls.trustCerts", Global("tls: {trustCerts: [a.pem, b.pem]}"), static proxy => string.Join(' ', Client(proxy).TlsTrustCerts!), "a.pem b.pem"),
        ("routers[].client.configs[].prefix", ByPrefix("connectTimeoutMs: 400"), static proxy => proxy.Routers[0].Client.Configs.Single().Prefix.ToString(), "/svc"),
        ("routers[].client.configs[].connectTimeoutMs", ByPrefix("connectTimeoutMs: 400"), static proxy => proxy.Routers[0].Client.Configs.Single().ConnectTimeout, TimeSpan.FromMilliseconds(400)),
        ("routers[].client.configs[].tls.dnsName", ByPrefix("tls: {dnsName: a.example.com}"), static proxy => proxy.Routers[0].Client.Configs.Single().TlsDnsName, "a.example.com"),
        ("routers[].client.configs[].failFast", ByPrefix("failFast: {maxConsecutiveFailures: 7}"), static proxy => proxy.Routers[0].Client.Configs.Single().MaxConsecutiveFailures, 7),
    ];

    public static TheoryData<string> Names => [.. Keys.Select(static key => key.Key)];

    private static string Identities => Tls + "      identities:\n        www.example.com:\n          certs:\n          - www.pem\n          - chain.pem\n          privateKey: www-key.pem\n";

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_AKeyOfTheOriginal_IsInTheModel(string name)
    {
        var (_, text, value, expected) = Array.Find(Keys, key => key.Key == name);
        Assert.Equal(expected, value(FileReading.Model(text)));
    }

    [Fact]
    public void Read_TheOriginalsAdminServer_IsReadAndWarnsOfWhatHasNoEffect()
    {
        var reading = FileReading.Read("admin: {ip: 127.0.0.2, port: 9990, metricsIntervalSecs: 10, graceSecs: 7}\ngraceSecs: 3\n" + FileReading.Router);
        Assert.Empty(reading.Errors);
        var admin = reading.Configuration!.Admin!;
        Assert.Equal((IPAddress.Parse("127.0.0.2"), 9990, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(3)), (admin.Ip, admin.Port, admin.Grace, reading.Configuration.Grace));
        Assert.Equal(["f.yml:1:36: admin.metricsIntervalSecs: it has no effect: metrics are up to date whenever they are read"], reading.Warnings.Select(static warning => warning.ToString()));
    }

    [Fact]
    public void Read_TheOriginalsAdminServerOffLoopback_NeedsAnIdentity() => Assert.Equal(
        ["f.yml:1:1: admin.tls: an identity was expected, as 0.0.0.0 is no loopback address, and a token must not be sent without TLS"],
        FileReading.Errors("admin: {ip: 0.0.0.0}\n" + FileReading.Router));

    [Fact]
    public void Read_KeysBeforeTheOriginals010_SaysWhatToWriteNow() => Assert.Equal(
        [
            "f.yml:1:1: bufferSize: a key of linkerd-tcp 0.0.x; expected bufferSizeBytes",
            "f.yml:2:1: proxies: a key of linkerd-tcp 0.0.x; expected routers, each with label, interpreter (kind: io.l5d.namerd.http, with baseUrl, namespace and periodSecs) and servers (each with ip, port and dstName)",
            "f.yml:5:5: routers[0].servers[0].kind: a key of linkerd-tcp 0.0.x; expected none, and tls with a defaultIdentity instead of io.l5d.tls",
            "f.yml:5:5: routers[0].servers[0].port: the key is missing; expected 0 to 65535",
            "f.yml:5:5: routers[0].servers[0].dstName: a target, or routes beside it, was expected, not null",
            "f.yml:6:5: routers[0].servers[0].addr: a key of linkerd-tcp 0.0.x; expected ip and port",
            "f.yml:7:5: routers[0].servers[0].default_identity: a key of linkerd-tcp 0.0.x; expected tls with a defaultIdentity",
            "f.yml:8:3: routers[0].namerd: a key of linkerd-tcp 0.0.x; expected interpreter, such as {kind: io.l5d.namerd.http, baseUrl: 'http://127.0.0.1:4180', namespace: default, periodSecs: 60}, and the path as dstName of each server",
            "f.yml:10:11: routers[0].client.tls.name: a key of linkerd-tcp 0.0.x; expected dnsName",
            "f.yml:11:3: routers[0].maxWaiters: unknown key; it belongs under routers[].client or routers[].client.configs[]",
        ],
        FileReading.Errors(
            """
            bufferSize: 8192
            proxies:
            - label: default
              servers:
              - kind: io.l5d.tls
                addr: 0.0.0.0:7474
                default_identity: {certPaths: [a], privateKeyPath: b}
              namerd: {addr: 127.0.0.1:4180, path: /svc/default, intervalSecs: 5}
              client:
                tls: {name: www.example.com}
              maxWaiters: 8
            """));

    private static string Global(string key) => $"{FileReading.Router}  client:\n    kind: io.l5d.global\n    {key}\n";

    private static string ByPrefix(string key) => $"{FileReading.Router}  client:\n    kind: io.l5d.static\n    configs:\n    - prefix: /svc\n      {key}\n";

    private static NamerdConfiguration Namerd(ProxyConfiguration proxy) => Assert.IsType<NamerdConfiguration>(proxy.Routers[0].Interpreter);

    private static ServerConfiguration Server(ProxyConfiguration proxy) => proxy.Routers[0].Servers[0];

    private static ClientSettings Client(ProxyConfiguration proxy) => proxy.Routers[0].Client.Global;
}
