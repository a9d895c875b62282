using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--sni-route</c> between servers, with curl, redis-cli and <c>openssl s_client</c>: passed through, and after TLS has been ended.</summary>
public sealed class SniRouteTests : IDisposable
{
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Passthrough_Curl_ReachesTheServerOfTheName()
    {
        await using var web = await StartNginxAsync("web.example", "web");
        await using var api = await StartNginxAsync("*.api.example", "api");
        await using var proxy = await Executable.StartAsync(null, "--sni-route", $"web.example={web.Name}", "--sni-route", $"*.api.example={api.Name}");
        foreach (var version in new[] { "--http1.1", "--http2" })
        {
            Assert.Equal("web", await GetAsync(proxy, "web.example", version));
            Assert.Equal("api", await GetAsync(proxy, "v1.api.example", version));
            Assert.Equal("api", await GetAsync(proxy, "V2.API.example", version));
        }
    }

    [Fact]
    public async Task Passthrough_Capture_IsInTheTarget()
    {
        await using var web = await StartNginxAsync("*.hosts.example", "web");
        await using var proxy = await Executable.StartAsync(null, "--sni-route", $"*.hosts.example=/$/inet/{{1}}/{web.EndPoint.Port}");
        Assert.Equal("web", await GetAsync(proxy, "localhost.hosts.example", "--http1.1"));
    }

    [Fact]
    public async Task Passthrough_RedisCli_ReachesTheServerOfTheName()
    {
        await using var redis = await ServerProgram.StartRedisAsync(_files.Write("redis.example"));
        await using var proxy = await Executable.StartAsync(null, "--sni-route", $"redis.example={redis.Name}");
        Assert.Equal("PONG", await ClientProgram.RunAsync("redis-cli", "-p", proxy.Port, "--tls", "--cacert", _files.Root, "--sni", "redis.example", "PING"));
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Passthrough_NameOfNoRule_IsRefusedWithAnAlert(string version)
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(null, "--sni-route", $"web.example={backend.Name}");
        Assert.Contains("unrecognized name", await OpenSslClient.FailAsync(proxy, version, "-servername", "other.example"), StringComparison.Ordinal);
        await OpenSslClient.FailAsync(proxy, version, "-noservername");
        Assert.Equal(0, backend.Accepted);
    }

    [Fact]
    public async Task Passthrough_NameOfNoRule_GoesToTheTarget()
    {
        await using var web = await StartNginxAsync("web.example", "web");
        await using var other = await StartNginxAsync("shop.example", "other");
        await using var proxy = await Executable.StartAsync(other.Name, "--sni-route", $"web.example={web.Name}");
        Assert.Equal("web", await GetAsync(proxy, "web.example", "--http1.1"));
        Assert.Equal("other", await GetAsync(proxy, "shop.example", "--http1.1"));
    }

    [Fact]
    public async Task Terminate_Name_ChoosesCertificateAndServer()
    {
        await using var web = new TcpBackend(Serve.GreetAndEcho("web\n"));
        await using var api = new TcpBackend(Serve.GreetAndEcho("api\n"));
        string[] identities = [.. new[] { _files.Write("web.example"), _files.Write("api.example") }.SelectMany(files => new[] { "--tls-cert", files.Certificate, "--tls-key", files.Key })];
        await using var proxy = await Executable.StartAsync(null, [.. identities, "--sni-route", $"web.example={web.Name}", "--sni-route", $"api.example={api.Name}"]);
        foreach (var name in new[] { "web", "api" })
        {
            var printed = await OpenSslClient.TalkAsync(proxy, "-CAfile", _files.Root, "-verify_return_error", "-verify_hostname", $"{name}.example", "-servername", $"{name}.example");
            Assert.Contains(name, printed.Split('\n'));
        }
    }

    private Task<string> GetAsync(ProxyProcess proxy, string name, string version) => ClientProgram.RunAsync(
        "curl", "-sS", "--fail", "--resolve", $"{name}:{proxy.Port}:127.0.0.1", "--cacert", _files.Root, version, $"https://{name}:{proxy.Port}/name");

    private Task<ServerProgram> StartNginxAsync(string name, string answer)
    {
        var identity = _files.Write(name);
        return ServerProgram.StartNginxAsync(
            new Dictionary<string, byte[]> { ["name"] = System.Text.Encoding.ASCII.GetBytes(answer) },
            "ssl http2",
            $"ssl_certificate {identity.Certificate}; ssl_certificate_key {identity.Key};");
    }
}
