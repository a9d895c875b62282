using System.Text.Json;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>testssl.sh and sslscan on a listener with TLS.</summary>
[Trait("Category", "AnyTransport")]
public sealed partial class ScannerTests : IDisposable
{
    private const string Name = "web.example";

    // A certificate of a private authority names neither a list of revoked certificates nor a responder that says whether it is revoked.
    private const string OfThePrivateAuthority = "cert_revocation";

    private static readonly string[] BadSeverities = ["MEDIUM", "HIGH", "CRITICAL", "FATAL"];
    private static readonly string[] Sections = ["-p", "-s", "-S", "-P", "-U"];

    // Forward secrecy, every cipher suite, clients that are simulated, and faults of servers besides.
    private static readonly string[] OtherSections = ["-f", "-e", "-E", "-c", "-g", "-4"];

    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    /// <summary>
    /// Protocols, classes of cipher suites, the server's defaults and preferences, and vulnerabilities. LINKERD_TCP_TESTSSL=all lets it do all that it knows of TLS, in some minutes.
    /// </summary>
    [Fact]
    public async Task Testssl_Listener_HasNoFindingOfMediumOrAbove()
    {
        var report = _files.PathOf("report.json");
        string[] sections = Environment.GetEnvironmentVariable("LINKERD_TCP_TESTSSL") == "all" ? [.. Sections, .. OtherSections] : Sections;
        await using var nginx = await ServerProgram.StartNginxAsync(new Dictionary<string, byte[]>());
        await using var proxy = await StartAsync(nginx);

        // It reads through its current folder again and again, which must not have the thousands of files of others.
        await using var process = new ChildProcess(
            "env",
            [
                "-C", Path.GetDirectoryName(report)!, Require.Program("testssl"), "--quiet", "--color", "0", "-n", "none", "--warnings", "off", "--openssl-timeout", "10", "--add-ca", _files.Root,
                "--jsonfile", report, .. sections, "--ip", "127.0.0.1", $"{Name}:{proxy.Port}",
            ]);
        process.Input.Close();
        await process.Output.WaitForAsync(line => line.StartsWith(" Done ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(File.Exists(report), process.Error.Text + process.Output.Text);
        using var findings = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));
        var all = findings.RootElement.EnumerateArray().Select(finding => (Id: Text(finding, "id"), Severity: Text(finding, "severity"), Finding: Text(finding, "finding"))).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine($"{all.Count} findings; {string.Join("; ", all.Where(finding => finding.Severity is not ("OK" or "INFO")))}");
        Assert.DoesNotContain(all, finding => BadSeverities.Contains(finding.Severity) && finding.Id != OfThePrivateAuthority);

        // It has looked at all of this.
        foreach (var (id, finding) in new[]
        {
            ("SSLv2", "not offered"), ("SSLv3", "not offered"), ("TLS1", "not offered"), ("TLS1_1", "not offered"), ("TLS1_2", "offered"), ("TLS1_3", "offered with final"),
            ("cert_chain_of_trust", "passed."), ("heartbleed", "not vulnerable"), ("CCS", "not vulnerable"), ("ticketbleed", "not vulnerable"), ("secure_client_renego", "not vulnerable"),
            ("CRIME_TLS", "not vulnerable"), ("SWEET32", "not vulnerable"), ("FREAK", "not vulnerable"), ("DROWN", "not vulnerable"), ("LOGJAM", "not vulnerable"),
        })
        {
            Assert.Contains(all, one => one.Id == id && one.Finding.StartsWith(finding, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Sslscan_Listener_AcceptsGoodProtocolsAndCiphersOnly()
    {
        await using var nginx = await ServerProgram.StartNginxAsync(new Dictionary<string, byte[]>());
        await using var proxy = await StartAsync(nginx);
        var printed = await ClientProgram.RunAsync("sslscan", "--no-colour", $"--sni-name={Name}", proxy.EndPoint.ToString());
        foreach (var line in new[]
        {
            @"SSLv2\s+disabled", @"SSLv3\s+disabled", @"TLSv1\.0\s+disabled", @"TLSv1\.1\s+disabled", @"TLSv1\.2\s+enabled", @"TLSv1\.3\s+enabled", "Session renegotiation not supported|Secure session renegotiation supported",
            "TLSv1.3 not vulnerable to heartbleed", "TLSv1.2 not vulnerable to heartbleed", "Subject:  web.example",
        })
        {
            Assert.Matches(line, printed);
        }

        var ciphers = Cipher().Matches(printed);
        Assert.NotEmpty(ciphers);
        Assert.All(ciphers, cipher =>
        {
            Assert.True(int.Parse(cipher.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) >= 128, cipher.Value);
            Assert.Matches("^(TLS_|ECDHE-)", cipher.Groups[2].Value);
            Assert.DoesNotMatch("RC4|DES|NULL|EXP|ADH|AECDH|MD5", cipher.Groups[2].Value);
        });
    }

    private static string Text(JsonElement finding, string member) => finding.GetProperty(member).GetString()!;

    private Task<ProxyProcess> StartAsync(ServerProgram server)
    {
        var identity = _files.Write(Name);
        return Executable.StartAsync(server.Name, "--tls-cert", identity.Certificate, "--tls-key", identity.Key);
    }

    [GeneratedRegex(@"(?:Preferred|Accepted)\s+TLSv1\.[23]\s+(\d+) bits\s+(\S+)")]
    private static partial Regex Cipher();
}
