using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Certificates of clients, shown by <c>openssl s_client</c>.</summary>
public sealed class ClientCertificateTests : IAsyncLifetime
{
    private readonly TlsFiles _files = new();
    private readonly TlsFiles _strangers = new();
    private readonly TcpBackend _backend = new(Serve.EchoAsync);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        _files.Dispose();
        _strangers.Dispose();
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_GoodOne_IsServed(string version)
    {
        await using var proxy = await StartAsync("require");
        var printed = await OpenSslClient.TalkAsync(proxy, [version, .. Show(_files.Write("client.example"))]);
        Assert.Contains("Acceptable client certificate CA names\nCN = test root\n", printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2", "alert handshake failure")]
    [InlineData("-tls1_3", "alert certificate required")]
    public async Task Required_None_IsRefusedWithAnAlert(string version, string alert)
    {
        await using var proxy = await StartAsync("require");
        await IsRefusedAsync(proxy, alert, version);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_OfAnotherRoot_IsRefusedWithAnAlert(string version)
    {
        await using var proxy = await StartAsync("require");
        await IsRefusedAsync(proxy, "alert unknown ca", [version, .. Show(_strangers.Write("client.example"))]);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_Expired_IsRefusedWithAnAlert(string version)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var proxy = await StartAsync("require");
        await IsRefusedAsync(
            proxy, "alert certificate expired", [version, .. Show(_files.Write(new TestCertificate("client.example") { From = now.AddDays(-2), Until = now.AddDays(-1) }))]);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_NamesGiven_OnlyThoseAreServed(string version)
    {
        await using var proxy = await StartAsync("require", "--tls-client-names", "*.clients.example,spiffe://example.org/web");
        await OpenSslClient.TalkAsync(proxy, [version, .. Show(_files.Write("a.clients.example"))]);
        await OpenSslClient.TalkAsync(proxy, [version, .. Show(_files.Write(new TestCertificate { CommonName = "web", Uris = ["spiffe://example.org/web"] }))]);
        await IsRefusedAsync(proxy, "alert", [version, .. Show(_files.Write("clients.example"))]);
        await IsRefusedAsync(proxy, "alert", [version, .. Show(_files.Write(new TestCertificate { CommonName = "api", Uris = ["spiffe://example.org/api"] }))]);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Requested_NoneOrGoodOne_IsServedAndABadOneIsRefused(string version)
    {
        await using var proxy = await StartAsync("request");
        await OpenSslClient.TalkAsync(proxy, version);
        await OpenSslClient.TalkAsync(proxy, [version, .. Show(_files.Write("client.example"))]);
        await IsRefusedAsync(proxy, "alert unknown ca", [version, .. Show(_strangers.Write("client.example"))]);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_ResumedSession_IsServedAgain(string version)
    {
        await using var proxy = await StartAsync("require");
        var (session, client) = (_files.PathOf("session"), Show(_files.Write("client.example")));
        await OpenSslClient.TalkAsync(proxy, [version, "-sess_out", session, .. client]);
        await OpenSslClient.TalkAsync(proxy, [version, "-sess_in", session, .. client]);
    }

    private static string[] Show(PemFiles files) => ["-cert", files.Certificate, "-cert_chain", files.Certificate, "-key", files.Key];

    private async Task IsRefusedAsync(ProxyProcess proxy, string alert, params string[] options)
    {
        var before = _backend.Accepted;
        Assert.Contains(alert, await OpenSslClient.FailAsync(proxy, options), StringComparison.Ordinal);
        Assert.Equal(before, _backend.Accepted);
    }

    private Task<ProxyProcess> StartAsync(string mode, params string[] options)
    {
        var identity = _files.Write("web.example");
        return Executable.StartAsync(
            _backend.Name, ["--tls-cert", identity.Certificate, "--tls-key", identity.Key, "--tls-client-ca", _files.Root, "--tls-client-auth", mode, .. options]);
    }
}
