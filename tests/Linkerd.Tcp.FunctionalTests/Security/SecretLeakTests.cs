using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The real executable with every kind of secret in its configuration, and everything that it prints and answers: no place has a part of one.</summary>
[Trait("Category", "AnyTransport")]
public sealed partial class SecretLeakTests : IAsyncDisposable
{
    private const string Token = "admin-token-0123456789abcdef";
    private const string WrongToken = "wrong-token-0123456789abcdef";
    private const string Passphrase = "passphrase-of-the-server-key";
    private const string ClientPassphrase = "passphrase-of-the-client-key";
    private const string Check = "AUTH check-secret-in-the-file";
    private const string Variable = "AUTH check-secret-in-the-environment";

    private readonly TlsFiles _files = new();
    private readonly TcpBackend _backend = new(Serve.Say("hello"));
    private readonly List<(string Name, string Text)> _secrets =
    [
        ("the admin token", Token), ("a wrong token of a client", WrongToken), ("the passphrase of a server's key", Passphrase), ("the passphrase of a client's key", ClientPassphrase),
        ("a secret in the file", Check[5..]), ("a secret in the environment", Variable[5..]),
    ];

    // What must be in each place, so that it is known to be the right one.
    private readonly List<(string Place, string Marker, string Text)> _places = [];

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Secret_OfEachKind_IsInNoPlace()
    {
        var port = FreePort.Next();
        var text = Configuration(port);
        var file = _files.WriteFile("linkerd.yml", text);
        await RunAsync("config show", "send: \"***\"", 0, "config", "show", file);
        await RunAsync("config show --json", "\"send\": \"***\"", 0, "config", "show", "--json", file);
        await RunAsync("config check", "is valid", 0, "config", "check", file);
        await RunAsync("config reference", "passphraseFile", 0, "config", "reference");
        await RunAsync("config schema", "passphraseFile", 0, "config", "schema");
        await RunAsync("--help", "--admin-token-file", 0, "--help");
        await using (var proxy = new ChildProcess(Executable.FileName, ["--config", file], Variables("trace")))
        {
            await proxy.Error.WaitForAsync(line => line.Contains($"] listening on 127.0.0.1:{port} ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            await TalkAsync(port);
            using var client = await ConnectAsync(proxy);
            await AskAllAsync(client);

            // A configuration that is not valid, with the same secrets, is refused, and one that changes is applied.
            await File.WriteAllTextAsync(file, text.Replace("activeCheck: {intervalMs: 20", "activeCheck: {intervalMs: no", StringComparison.Ordinal).Replace("tokenFile: ", "tokenFile: /${CHECK}", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            await AskAsync(client, HttpMethod.Post, "/api/v1/reload", Token, "tokenFile", HttpStatusCode.UnprocessableEntity);
            await File.WriteAllTextAsync(file, text.Replace("intervalMs: 20", "intervalMs: 30", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            await AskAsync(client, HttpMethod.Post, "/api/v1/reload", Token, "{\"result\":\"reloaded\"}");
            Add("arguments", "--config", File.ReadAllText($"/proc/{proxy.Id}/cmdline"));
            await AskAsync(client, HttpMethod.Post, "/shutdown", Token, "\"result\":", HttpStatusCode.Accepted);
            await proxy.WaitForExitAsync(TestContext.Current.CancellationToken);
            Add("the log", " DEBUG ", proxy.Error.Text);
            Add("the log of a refused reload", "the configuration was not reloaded", proxy.Error.Text);
            Assert.Empty(proxy.Output.Text);
        }

        Add("the access log", "127.0.0.1", await File.ReadAllTextAsync(_files.PathOf("access.log"), TestContext.Current.CancellationToken));
        foreach (var (name, wrong, marker) in (IEnumerable<(string, string, string)>)
        [
            ("a check that is not valid", text.Replace("check-secret-in-the-file", "check-secret-in-the-file\\q", StringComparison.Ordinal), "send: ***: expected"),
            ("a file that is a variable", text.Replace("certs: [", "certs: ['${CHECK}', ", StringComparison.Ordinal), "${CHECK}: there is no such file"),
            ("a passphrase that is wrong", text.Replace(_files.PathOf("server.pass"), _files.PathOf("client.pass"), StringComparison.Ordinal), "server.key"),
            ("a key in place of its file", KeyInPlaceOfFile(text), "not the content of a PEM file"),
            ("an address with a password", text.Replace("https://127.0.0.1:1", $"https://user:{Check[5..]}@127.0.0.1:1", StringComparison.Ordinal), "https://***@127.0.0.1:1"),
        ])
        {
            Assert.NotEqual(text, wrong);
            var wrongFile = _files.WriteFile("wrong.yml", wrong);
            await RunAsync($"config check of {name}", marker, 78, "config", "check", wrongFile);
            await RunAsync($"start with {name}", marker, 78, "--config", wrongFile);
        }

        await RunAsync("config show of a command line", "send: \"***\"", 0, "config", "show", "--active-check", "1s", "--check-send", Check, "/$/nil");
        await RunAsync("a wrong argument", "--check-send ***", 64, "--check-send", Check + "\\q", "/$/nil");

        var leaks = from place in _places from secret in _secrets where place.Text.Contains(secret.Text, StringComparison.Ordinal) select $"{place.Place} has {secret.Name}";
        Assert.Empty(leaks);
        Assert.Empty(from place in _places where !place.Text.Contains(place.Marker, StringComparison.Ordinal) select $"{place.Place}, which has no '{place.Marker}': {place.Text}");
    }

    [GeneratedRegex(@"the admin server listens on (http\S+)")]
    private static partial Regex AdminLine();

    private static Dictionary<string, string?> Variables(string log) => new() { ["LINKERD_TCP_LOG"] = log, ["RUST_LOG"] = null, ["CHECK"] = Variable };

    private static string KeyInPlaceOfFile(string text) =>
        Regex.Replace(text, "privateKey: '(.*server.key)'", static match => $"privateKey: \"{File.ReadAllText(match.Groups[1].Value).ReplaceLineEndings("\\n")}\"");

    private static async Task<HttpClient> ConnectAsync(ChildProcess proxy)
    {
        var line = await proxy.Error.WaitForAsync(static line => AdminLine().IsMatch(line), TestContext.Current.CancellationToken);
        return new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true }) { BaseAddress = new Uri(AdminLine().Match(line).Groups[1].Value) };
    }

    private async Task TalkAsync(int port)
    {
        using var socket = await ClientSocket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await using var tls = new System.Net.Security.SslStream(new System.Net.Sockets.NetworkStream(socket), leaveInnerStreamOpen: true);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(_files.Root);
        await tls.AuthenticateAsClientAsync(new System.Net.Security.SslClientAuthenticationOptions { TargetHost = "server.example.com", CertificateChainPolicy = policy }, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(tls);
        Assert.Equal("hello", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    private async Task AskAllAsync(HttpClient client)
    {
        await AskAsync(client, HttpMethod.Get, "/config", null, "send: \"***\"");
        await AskAsync(client, HttpMethod.Get, "/metrics", null, "linkerd_tcp_");
        await AskAsync(client, HttpMethod.Get, "/live", null, "live");
        await AskAsync(client, HttpMethod.Get, "/ready", null, "ready");
        await AskAsync(client, HttpMethod.Get, "/api/v1/", null, "/api/v1/sessions");
        foreach (var list in (string[])["listeners", "routers", "destinations", "endpoints", "sessions", "resolvers", "certificates", "loops"])
        {
            await AskAsync(client, HttpMethod.Get, "/api/v1/" + list, null, "\"total\":");
        }

        await AskAsync(client, HttpMethod.Get, "/api/v1/log-level", null, "\"level\"");
        await AskAsync(client, HttpMethod.Post, "/api/v1/reload", null, "Unauthorized", HttpStatusCode.Unauthorized);
        await AskAsync(client, HttpMethod.Post, "/api/v1/reload", WrongToken, "The bearer token is wrong.", HttpStatusCode.Unauthorized);
    }

    private async Task AskAsync(HttpClient client, HttpMethod method, string path, string? token, string marker, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal((expected, path), (response.StatusCode, path));
        Add($"{method} {path}", marker, $"{response.Headers}{response.Content.Headers}\n{text}");
    }

    private async Task RunAsync(string place, string marker, int code, params string[] arguments)
    {
        await using var process = new ChildProcess(Executable.FileName, arguments, Variables("trace"));
        var actual = await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(actual == code, $"{place} ended with {actual}: {process.Error.Text}");
        Add(place, marker, process.Output.Text + process.Error.Text);
    }

    private void Add(string place, string marker, string text) => _places.Add((place, marker, text));

    private string Configuration(int port)
    {
        _files.WriteFile("token", Token + "\n");
        WriteKey("server", Passphrase);
        WriteKey("client", ClientPassphrase);
        WriteKey("namerd", null);
        WriteKey("admin", null);
        return
            $$"""
            accessLog: {path: {{_files.PathOf("access.log")}}, format: json}
            admin:
              port: 0
              tokenFile: {{_files.PathOf("token")}}
              tls: {certs: [{{_files.PathOf("admin.pem")}}], privateKey: '{{_files.PathOf("admin.key")}}'}
            routers:
            - label: default
              servers:
              - port: {{port}}
                dstName: {{_backend.Name}}
                tls:
                  defaultIdentity: {certs: [{{_files.PathOf("server.pem")}}], privateKey: '{{_files.PathOf("server.key")}}', passphraseFile: {{_files.PathOf("server.pass")}}}
              client:
                kind: io.l5d.static
                activeCheck: {intervalMs: 20, send: {{Check}}, expect: hello}
                configs:
                - prefix: /svc
                  activeCheck: {intervalMs: 20, send: '${CHECK}', expect: hello}
                  tls: {dnsName: a.example.com, cert: {{_files.PathOf("client.pem")}}, privateKey: {{_files.PathOf("client.key")}}, passphraseFile: {{_files.PathOf("client.pass")}}}
            - label: namerd
              interpreter:
                kind: io.l5d.namerd.http
                baseUrl: https://127.0.0.1:1
                tls: {cert: {{_files.PathOf("namerd.pem")}}, privateKey: {{_files.PathOf("namerd.key")}}}
              servers: [{port: 0, dstName: /svc/web}]

            """;
    }

    // Each line of a key is a secret.
    private void WriteKey(string name, string? passphrase)
    {
        using var certificate = _files.Issue(new TestCertificate($"{name}.example.com"));
        using var key = certificate.GetECDsaPrivateKey()!;
        var pem = passphrase is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 2048));
        _files.WriteFile($"{name}.pem", _files.ChainPem(certificate));
        _files.WriteFile($"{name}.key", pem);
        _secrets.AddRange(pem.Split('\n').Where(static line => line.Length > 20 && line[0] != '-').Select(line => ($"a line of the key of {name}", line)));
        if (passphrase is not null)
        {
            _files.WriteFile($"{name}.pass", passphrase + "\n");
        }
    }
}
