using System.Security.Cryptography;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>curl with HTTPS to nginx: TLS ended by the proxy, begun by it, and both, with HTTP/1.1 and with HTTP/2 chosen by ALPN.</summary>
public sealed class HttpsTests : IDisposable
{
    private const string Name = "web.example";
    private static readonly byte[] File = RandomNumberGenerator.GetBytes(5 << 20);
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("http/1.1", "1.1", "")]
    [InlineData("h2", "2", "http2")]
    public async Task Terminate_Curl_GetsPagesAndFiles(string protocol, string version, string listen)
    {
        await using var nginx = await StartNginxAsync(listen);
        await using var proxy = await Executable.StartAsync(nginx.Name, [.. Terminate(), "--tls-alpn", protocol]);
        await GetsAsync(proxy, "https", version);
    }

    [Fact]
    public async Task Originate_Curl_GetsPagesAndFiles()
    {
        await using var nginx = await StartTlsNginxAsync();
        await using var proxy = await Executable.StartAsync(nginx.Name, Originate());
        await GetsAsync(proxy, "http", "1.1");
    }

    /// <summary>What the client agreed on is what the server is asked for.</summary>
    [Theory]
    [InlineData("1.1")]
    [InlineData("2")]
    public async Task Both_Curl_GetsPagesAndFiles(string version)
    {
        await using var nginx = await StartTlsNginxAsync();
        await using var proxy = await Executable.StartAsync(nginx.Name, [.. Terminate(), "--tls-alpn", "h2,http/1.1", .. Originate(), "--server-alpn", "{alpn}"]);
        await GetsAsync(proxy, "https", version);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2")]
    public async Task Passthrough_Curl_GetsPagesAndFiles(string version)
    {
        await using var nginx = await StartTlsNginxAsync();
        await using var proxy = await Executable.StartAsync(nginx.Name);
        await GetsAsync(proxy, "https", version);
    }

    private async Task GetsAsync(ProxyProcess proxy, string scheme, string version)
    {
        var url = $"{scheme}://{Name}:{proxy.Port}";
        string[] options =
        [
            "-sS", "--fail", "--resolve", $"{Name}:{proxy.Port}:127.0.0.1", "--cacert", _files.Root, version == "2" ? "--http2" : "--http1.1", "-w", "%{http_version} %{ssl_verify_result}\n",
        ];
        Assert.Equal(
            string.Join('\n', Enumerable.Repeat($"hello\n{version} 0", 3)), await ClientProgram.RunAsync("curl", [.. options, $"{url}/hello", $"{url}/hello", $"{url}/hello"]));
        var got = _files.PathOf("got");
        await ClientProgram.RunAsync("curl", [.. options, "-o", got, $"{url}/file"]);
        var bytes = await System.IO.File.ReadAllBytesAsync(got, TestContext.Current.CancellationToken);
        Assert.True(bytes.AsSpan().SequenceEqual(File), $"{bytes.Length} bytes came, and they are not those of the file");
    }

    private string[] Terminate()
    {
        var identity = _files.Write(Name);
        return ["--tls-cert", identity.Certificate, "--tls-key", identity.Key];
    }

    private string[] Originate() => ["--server-tls", "--server-ca", _files.Root, "--server-tls-name", Name];

    private static Task<ServerProgram> StartNginxAsync(string listen, string lines = "") =>
        ServerProgram.StartNginxAsync(new Dictionary<string, byte[]> { ["file"] = File }, listen, lines);

    private Task<ServerProgram> StartTlsNginxAsync()
    {
        var identity = _files.Write(Name);
        return StartNginxAsync("ssl http2", $"ssl_certificate {identity.Certificate}; ssl_certificate_key {identity.Key};");
    }
}
