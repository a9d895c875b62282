namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The classes of errors of a file that no other test has, each with its place.</summary>
[Trait("Category", "AnyTransport")]
public sealed class ErrorClassTests
{
    [Theory]
    [InlineData("[a]", "f.yml:1:1: expected a mapping with the key routers, not a list")]
    [InlineData("text", "f.yml:1:1: expected a mapping with the key routers, not 'text'")]
    [InlineData("!x {}", "f.yml:1:1: it has the tag '!x'; expected the value without a tag")]
    [InlineData("{\"routers\": []}]", "f.yml:1:16: this is not JSON, which a file is that begins with a brace: ']' is invalid")]
    [InlineData("label: 1\nrouters: []\n", "f.yml:1:1: label: unknown key; it belongs under routers[]")]
    [InlineData("zzzzzz: 1\nrouters: []\n", "f.yml:1:1: zzzzzz: unknown key; ")]
    [InlineData("accessLog: {zzzzzz: 1}\nrouters: []\n", "f.yml:1:1: accessLog.path: the key is missing; expected the path of a file, - for stdout, or off")]
    [InlineData("accessLog: {path: '-', zzzzzz: 1}\nrouters: []\n", "f.yml:1:24: accessLog.zzzzzz: unknown key; expected one of path, format, sample, onlyAbnormal, onStart, refused, intervalSecs")]
    [InlineData("metricsIntervalSecs: 1\n", "f.yml:1:1: routers: the key is missing; expected a list of mappings")]
    [InlineData("routers:\n- interpreter: {kind: default, namers: [{rootDir: /}]}\n  servers: [{port: 1, dstName: a:1}]\n", "f.yml:2:41: routers[0].interpreter.namers[0].kind: the key is missing; expected ")]
    [InlineData("routers: {}\n", "f.yml:1:10: routers: expected a list of mappings, not a mapping")]
    [InlineData("routers:\n- &a {servers: *b}\n", "f.yml:2:16: routers[0].servers: the alias '*b' has no anchor '&b' whose value ends before it")]
    [InlineData("routers:\n- !x {}\n", "f.yml:2:3: routers[0]: it has the tag '!x'; expected the value without a tag")]
    public void Read_AWrongFile_HasTheFirstErrorAtItsPlace(string text, string expected) => Assert.StartsWith(expected, FileReading.Errors(text)[0], StringComparison.Ordinal);

    [Theory]
    [InlineData("alpnProtocols: [h2, {a: 1}]", "f.yml:14:27: routers[0].servers[0].tls.alpnProtocols: expected a text, not a mapping")]
    [InlineData("alpnProtocols: [h2, [a]]", "f.yml:14:27: routers[0].servers[0].tls.alpnProtocols: expected a text, not a list")]
    [InlineData("alpnProtocols: [h2, ~]", "f.yml:14:27: routers[0].servers[0].tls.alpnProtocols: a value is missing; expected a text")]
    [InlineData("alpnProtocols: {a: 1}", "f.yml:14:22: routers[0].servers[0].tls.alpnProtocols: expected ")]
    [InlineData("identities: [a]", "f.yml:14:19: routers[0].servers[0].tls.identities: expected a mapping of names to mappings, not a list")]
    [InlineData("identities: {a: 1}", "f.yml:14:23: routers[0].servers[0].tls.identities.a: expected a mapping, not '1'")]
    [InlineData("identities: {a: {certs: [c]}, a: {certs: [d]}}", "f.yml:14:37: routers[0].servers[0].tls.identities.a: the key is there twice, first at 14:20; expected it once")]
    [InlineData("minVersion: \"1.\\0\"", "f.yml:14:19: routers[0].servers[0].tls.minVersion: the text has the character U+0000; expected ")]
    [InlineData("alpn_protocol: [h2]", "f.yml:14:7: routers[0].servers[0].tls.alpn_protocol: unknown key; did you mean alpnProtocols?")]
    public void Read_AWrongValueOfTls_HasTheErrorAtItsPlace(string line, string expected) =>
        Assert.StartsWith(expected, Assert.Single(FileReading.Errors($"{FileReading.Router}    tls:\n      defaultIdentity:\n        certs: [a.pem]\n      {line}\n")), StringComparison.Ordinal);

    [Theory]
    [InlineData("admin: {addr: '0.0.0.0:9989'}\n", "", "f.yml:1:9: admin.addr: a key of linkerd-tcp 0.0.x; expected ip and port")]
    [InlineData("", "    dstPath: /svc/a\n", "f.yml:11:5: routers[0].servers[0].dstPath: a key of linkerd-tcp 0.0.x; expected dstName")]
    [InlineData("", "    alpn_protocols: [h2]\n", "f.yml:11:5: routers[0].servers[0].alpn_protocols: a key of linkerd-tcp 0.0.x; expected tls with alpnProtocols")]
    [InlineData("", "    tls: {defaultIdentity: {certs: [a], certPaths: [a]}}\n", "f.yml:11:41: routers[0].servers[0].tls.defaultIdentity.certPaths: a key of linkerd-tcp 0.0.x; expected certs")]
    [InlineData("", "    tls: {defaultIdentity: {certs: [a], privateKeyPath: b}}\n", "f.yml:11:41: routers[0].servers[0].tls.defaultIdentity.privateKeyPath: a key of linkerd-tcp 0.0.x; expected privateKey")]
    [InlineData("", "    tls: {defaultIdentity: {certs: [a]}, identities: {b: {certs: [a], certPaths: [a]}}}\n", "f.yml:11:71: routers[0].servers[0].tls.identities.b.certPaths: a key of linkerd-tcp 0.0.x; expected certs")]
    [InlineData("", "    tls: {defaultIdentity: {certs: [a]}, identities: {b: {certs: [a], privateKeyPath: a}}}\n", "f.yml:11:71: routers[0].servers[0].tls.identities.b.privateKeyPath: a key of linkerd-tcp 0.0.x; expected privateKey")]
    [InlineData("", "  client: {tls: {trustCertPaths: [a]}}\n", "f.yml:11:18: routers[0].client.tls.trustCertPaths: a key of linkerd-tcp 0.0.x; expected trustCerts")]
    public void Read_AKeyThatTheOriginalRenamed_HasTheNewOne(string before, string after, string expected) => Assert.Equal([expected], FileReading.Errors(before + FileReading.Router + after));

    [Fact]
    public void Read_AKeyOfTheOriginalThatNeverHadAnEffect_IsAWarning()
    {
        var reading = FileReading.Read("metricsIntervalSecs: 10\n" + FileReading.Router);
        Assert.Empty(reading.Errors);
        Assert.Equal(["f.yml:1:1: metricsIntervalSecs: it has no effect: metrics are up to date whenever they are read"], reading.Warnings.Select(static warning => warning.ToString()));
    }

    [Fact]
    public void Read_AddressesWithCommasThatNamerdBinds_AreAnErrorAtTheirKey() => Assert.Equal(
        ["f.yml:10:5: routers[0].servers[0].dstName: addresses with commas are one set only where all names are bound here, and namerd binds these; expected a split of them: a:1 & b:2"],
        FileReading.Errors(FileReading.Router.Replace("/svc/default", "'a:1,b:2'", StringComparison.Ordinal)));
}
