using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Messages about values that have a secret, or were put where one does not belong: they have no part of it.</summary>
[Trait("Category", "AnyTransport")]
public sealed class SecretMessageTests
{
    private const string Secret = "s3cr3t:0123456789/abc def";
    private const string Key = "-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGs3cr3tByqGSM49\\n-----END PRIVATE KEY-----";

    [Theory]
    [InlineData("port: 7474", "port: '${S}'", "f.yml:9:11: routers[0].servers[0].port: '${S}': expected 0 to 65535")]
    [InlineData("port: 7474", "port: '1${S:-2}'", "f.yml:9:11: routers[0].servers[0].port: '1${S:-2}': expected 0 to 65535")]
    [InlineData("/svc/default", "'${S}'", "f.yml:10:14: routers[0].servers[0].dstName: '${S}': expected a name, an address, or a tree of them")]
    [InlineData("io.l5d.namerd.http", "'${S}'", "f.yml:4:11: routers[0].interpreter.kind: '${S}': expected one of default, io.l5d.static, io.l5d.namerd.http, io.l5d.mesh")]
    [InlineData("http://127.0.0.1:4180", "'http://user:${S}@127.0.0.1:4180'", "f.yml:5:14: routers[0].interpreter.baseUrl: 'http://***@127.0.0.1:4180': expected")]
    [InlineData("http://127.0.0.1:4180", "'http://user:s3cr3t@127.0.0.1:4180'", "f.yml:5:14: routers[0].interpreter.baseUrl: 'http://***@127.0.0.1:4180': 'http://127.0.0.1:4180' comes with a user name: namerd knows no users")]
    [InlineData("http://127.0.0.1:4180", "'ftp://user:s3cr3t@127.0.0.1:4180'", "f.yml:5:14: routers[0].interpreter.baseUrl: 'ftp://***@127.0.0.1:4180': 'ftp://***@127.0.0.1:4180' has the scheme 'ftp'")]
    [InlineData("baseUrl: http://127.0.0.1:4180", "baseUrl: ['http://user:${S}@127.0.0.1:4180']", "f.yml:5:14: routers[0].interpreter.baseUrl: expected")]
    [InlineData("baseUrl: http://127.0.0.1:4180", "baseUrl: ['meshs://user:s3cr3t@127.0.0.1:4180']", "f.yml:5:14: routers[0].interpreter.baseUrl: 'meshs://127.0.0.1:4180' comes with a user name: namerd knows no users")]
    [InlineData("    namespace: default", "    namespace: '${S}'", "f.yml:6:16: routers[0].interpreter.namespace: '${S}': expected")]
    [InlineData("  servers:", "  client: {activeCheck: {send: 'AUTH s3cr3t\\q'}}\n  servers:", @"f.yml:8:32: routers[0].client.activeCheck.send: ***: expected \r, \n, \t, \\ or \x and two hexadecimal digits after each backslash")]
    [InlineData("  servers:", "  client: {activeCheck: {intervalMs: 1000, send: [AUTH s3cr3t]}}\n  servers:", "f.yml:8:50: routers[0].client.activeCheck.send: expected bytes")]
    [InlineData("  servers:", "  client: {activeCheck: {send: AUTH s3cr3t}}\n  servers:", "f.yml:8:12: routers[0].client.activeCheck: activeCheck.intervalMs beside activeCheck.send and activeCheck.expect was expected, not off")]
    [InlineData("routers:", "admin: {port: 0, tokenFile: '${S}'}\nrouters:", "f.yml:1:18: admin.tokenFile: ${S}: there is no such file")]
    [InlineData("routers:", "admin: {port: 0, tls: {certs: [a.pem], privateKey: \"" + Key + "\"}}\nrouters:", "f.yml:1:52: admin.tls.privateKey: '-----BEGIN PRIVATE KEY***': expected the path of a file, or off, not the content of a PEM file")]
    [InlineData("routers:", "admin: {port: 0, tls: {certs: [\"" + Key + "\"]}}\nrouters:", "f.yml:1:31: admin.tls.certs: expected paths of files, the certificate first and then its chain, not the content of a PEM file")]
    [InlineData("periodSecs: 60", "tls: {cert: a.pem, privateKey: \"" + Key + "\"}", "f.yml:7:36: routers[0].interpreter.tls.privateKey: '-----BEGIN PRIVATE KEY***': expected any text, or off, not the content of a PEM file")]
    [InlineData("routers:", "accessLog: s3cr3t\nrouters:", "f.yml:1:12: accessLog: expected a mapping, not 's3cr3t'", false)]
    public void Read_AWrongValue_HasTheMessageWithoutTheSecret(string from, string to, string expected, bool isSecret = true)
    {
        var error = FileReading.Errors(FileReading.Router.Replace(from, to, StringComparison.Ordinal), ("S", Secret))[0];
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
        Assert.Equal(!isSecret, error.Contains("s3cr3t", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_AValueThatDoesNotFitOthers_HasTheVariableInItsMessage() => Assert.Equal(
        ["f.yml:1:1: routers: another label for each router was expected, not '${S}' for 2"],
        FileReading.Errors("routers:\n- {label: '${S}', servers: [{port: 1, dstName: a:1}]}\n- {label: '${S}', servers: [{port: 2, dstName: a:1}]}", ("S", Secret)));

    [Fact]
    public void ProblemAt_WithTheValueOfAVariable_HasTheVariable() => Assert.Equal(
        "f.yml:2:3: routers[0].label: ${S}: there is no such file",
        FileReading.Read(FileReading.Router.Replace("default", "'${S}'", StringComparison.Ordinal).Replace("namespace: '${S}'", "namespace: default", StringComparison.Ordinal).Replace("/svc/'${S}'", "/svc/default", StringComparison.Ordinal), ("S", Secret))
            .ProblemAt("routers[0].label", $"{Secret}: there is no such file").ToString());

    [Theory]
    [InlineData("--check-send ***: expected", "--check-send", @"AUTH s3cr3t\q", "/svc/web")]
    [InlineData("--namerd-addr 'http://***@127.0.0.1:4180': 'http://127.0.0.1:4180' comes with a user name", "-n", "http://user:s3cr3t@127.0.0.1:4180", "/svc/web")]
    [InlineData("<TARGET> 'http://***@web:80': ", "http://user:s3cr3t@web:80")]
    [InlineData("--namerd-key '-----BEGIN PRIVATE KEY***': expected any text, or off, not the content of a PEM file", "--namerd-key", "-----BEGIN PRIVATE KEY-----\ns3cr3t", "-n", "https://namerd", "--namerd-cert", "a.pem", "/svc/web")]
    [InlineData("--tls-key '-----BEGIN PRIVATE KEY***': expected the path of a file, or off, not the content of a PEM file", "--tls-cert", "a.pem", "--tls-key", "-----BEGIN PRIVATE KEY-----\ns3cr3t", "/svc/web")]
    public void Parse_AWrongArgument_HasTheMessageWithoutTheSecret(string expected, params string[] arguments)
    {
        var errors = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(arguments)).Errors.Select(SecretText.Hide).ToList();
        Assert.StartsWith(expected, errors[0], StringComparison.Ordinal);
        Assert.DoesNotContain(errors, static error => error.Contains("s3cr3t", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://a:b/@c@host/x and //d@e", "https://***@host/x and //***@e")]
    [InlineData("http://host/a?b#c, x@y", "http://host/a?b#c, x@y")]
    [InlineData("a -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- b", "a -----BEGIN RSA PRIVATE KEY*** b")]
    [InlineData("-----BEGIN X-----a-----END X-----,-----BEGIN X-----b-----END X-----", "-----BEGIN X***,-----BEGIN X***")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nabc", "-----BEGIN PRIVATE KEY***")]
    public void Hide_UrlsAndPem_LeavesTheRest(string text, string expected) => Assert.Equal(expected, SecretText.Hide(text));
}
