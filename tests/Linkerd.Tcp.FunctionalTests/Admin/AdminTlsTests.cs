using System.Net;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The admin server of the executable off loopback: its chain, its rotation, and its token.</summary>
[Trait("Category", "AnyTransport")]
public sealed partial class AdminTlsTests : IDisposable
{
    private const string Token = "right-token-of-this-test-0123456789";

    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Certs_OfSeveralFiles_AreSentAsAChainAndRotate()
    {
        Write("first.example.com");
        await using var admin = await StartAsync();
        var text = await ShowAsync(admin);
        Assert.Equal(["CN = first.example.com", "CN = test intermediate"], Subjects(text));
        Assert.Contains("Verify return code: 0 (ok)", text, StringComparison.Ordinal);

        Write("second.example.com");
        admin.Process.Send(Signal.HangUp);
        await Eventually.IsTrueAsync(async () => Subjects(text = await ShowAsync(admin)).First() == "CN = second.example.com", () => text);
        Assert.Equal(["CN = second.example.com", "CN = test intermediate"], Subjects(text));
        Assert.Contains("Verify return code: 0 (ok)", text, StringComparison.Ordinal);

        // A key that does not belong to the certificate changes nothing.
        _files.WriteFile("admin.key", await File.ReadAllTextAsync(_files.Write("other.example.com").Key, TestContext.Current.CancellationToken));
        await admin.Process.Error.WaitForAsync(static line => line.Contains("admin.key", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal(["CN = second.example.com", "CN = test intermediate"], Subjects(await ShowAsync(admin)));
    }

    [Fact]
    public async Task Request_OffLoopback_NeedsTheTokenExceptForProbesAndMetrics()
    {
        Write("admin.example.com");
        await using var admin = await StartAsync();
        foreach (var path in (string[])["/live", "/metrics"])
        {
            Assert.Equal((path, HttpStatusCode.OK), (path, await StatusAsync(admin, HttpMethod.Get, path, null)));
        }

        foreach (var path in (string[])["/config", "/api/v1/", "/api/v1/sessions", "/api/v1/certificates", "/api/v1/log-level", "/nowhere"])
        {
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, await StatusAsync(admin, HttpMethod.Get, path, null)));
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, await StatusAsync(admin, HttpMethod.Get, path, "wrong-token-0123456789")));
            Assert.Equal((path, path == "/nowhere" ? HttpStatusCode.NotFound : HttpStatusCode.OK), (path, await StatusAsync(admin, HttpMethod.Get, path, Token)));
        }

        foreach (var path in (string[])["/api/v1/reload", "/shutdown", "/abort"])
        {
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, await StatusAsync(admin, HttpMethod.Post, path, null)));
        }

        // Without TLS there is no answer of HTTP.
        using var plain = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => plain.GetAsync($"http://127.0.0.1:{admin.Address.Port}/live", TestContext.Current.CancellationToken));
    }

    [GeneratedRegex(@"^ *\d+ s:(.*)$", RegexOptions.Multiline)]
    private static partial Regex SubjectLine();

    private static IEnumerable<string> Subjects(string text) => SubjectLine().Matches(text).Select(static match => match.Groups[1].Value.Trim());

    private static async Task<HttpStatusCode> StatusAsync(ConfiguredAdmin admin, HttpMethod method, string path, string? token) => (await admin.AskAsync(method, path, token, null)).Status;

    private async Task<string> ShowAsync(ConfiguredAdmin admin)
    {
        await using var client = new ChildProcess(Require.Program("openssl"), ["s_client", "-connect", $"127.0.0.1:{admin.Address.Port}", "-showcerts", "-CAfile", _files.Root, "-servername", "admin.example.com"]);
        client.Input.Close();
        await client.WaitForExitAsync(TestContext.Current.CancellationToken);
        return client.Output.Text;
    }

    private void Write(string name)
    {
        using var certificate = _files.Issue(new TestCertificate(name));
        _files.WriteFile("intermediate.pem", _files.ChainPem(certificate)[certificate.ExportCertificatePem().Length..]);
        _files.WriteFile("admin.key", TestCertificateAuthority.KeyPem(certificate));
        _files.WriteFile("admin.pem", certificate.ExportCertificatePem());
    }

    private Task<ConfiguredAdmin> StartAsync()
    {
        _files.WriteFile("token", Token);
        return ConfiguredAdmin.StartAsync(_files.WriteFile(
            "linkerd.yml",
            $$"""
            admin:
              ip: 0.0.0.0
              port: 0
              tokenFile: {{_files.PathOf("token")}}
              tls: {certs: [{{_files.PathOf("admin.pem")}}, {{_files.PathOf("intermediate.pem")}}], privateKey: {{_files.PathOf("admin.key")}}}
            routers: [{servers: [{port: 0, dstName: /$/nil}]}]
            """));
    }
}
