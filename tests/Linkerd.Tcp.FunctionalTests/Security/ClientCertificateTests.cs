using System.Security.Cryptography;
using Linkerd.Tcp.Security;
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
        await OpenSslClient.TalkAsync(proxy, [version, .. Show(_files.Write("client.example"))]);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_None_IsRefused(string version)
    {
        await using var proxy = await StartAsync("require");
        await IsRefusedAsync(proxy, version);
        await LogsAsync(proxy, "it sent no certificate");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_OfAnotherRoot_IsRefused(string version)
    {
        await using var proxy = await StartAsync("require");
        await IsRefusedAsync(proxy, [version, .. Show(_strangers.Write("client.example"))]);
        await LogsAsync(proxy, "issued by an unknown authority");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_Expired_IsRefused(string version)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var proxy = await StartAsync("require");
        await IsRefusedAsync(proxy, [version, .. Show(_files.Write(new TestCertificate("client.example") { From = now.AddDays(-2), Until = now.AddDays(-1) }))]);
        await LogsAsync(proxy, "expired");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Required_NamesGiven_OnlyThoseAreServed(string version)
    {
        await using var proxy = await StartAsync("require", "--tls-client-names", "*.clients.example,spiffe://example.org/web");
        await OpenSslClient.TalkAsync(proxy, [version, .. Show(_files.Write("a.clients.example"))]);
        await OpenSslClient.TalkAsync(proxy, [version, .. Show(_files.Write(new TestCertificate { CommonName = "web", Uris = ["spiffe://example.org/web"] }))]);
        await IsRefusedAsync(proxy, [version, .. Show(_files.Write("clients.example"))]);
        await LogsAsync(proxy, "clients.example");
        await IsRefusedAsync(proxy, [version, .. Show(_files.Write(new TestCertificate { CommonName = "api", Uris = ["spiffe://example.org/api"] }))]);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Requested_NoneOrGoodOne_IsServedAndABadOneIsRefused(string version)
    {
        await using var proxy = await StartAsync("request");
        await OpenSslClient.TalkAsync(proxy, version);
        await OpenSslClient.TalkAsync(proxy, [version, .. Show(_files.Write("client.example"))]);
        await IsRefusedAsync(proxy, [version, .. Show(_strangers.Write("client.example"))]);
    }

    /// <summary>SslStream's tickets are those of all listeners with the certificate: resumption would skip the look at the client's.</summary>
    [Fact]
    public async Task Required_SessionOfBeforeWithSslStream_IsVerifiedAgain()
    {
        await using var proxy = await StartAsync("require", "--tls-provider", "dotnet");
        var (session, client) = (_files.PathOf("session"), Show(_files.Write("client.example")));
        await OpenSslClient.TalkAsync(proxy, ["-tls1_3", "-sess_out", session, .. client]);
        Assert.Contains("New, TLSv1.3, ", await OpenSslClient.TalkAsync(proxy, ["-tls1_3", "-sess_in", session, .. client]), StringComparison.Ordinal);
        await IsRefusedAsync(proxy, "-tls1_3", "-sess_in", session);
    }

    /// <summary>A session with a client certificate is resumed under the rules that it was made under, and under no others, even if the keys of tickets are the same.</summary>
    [Fact]
    public async Task Required_SessionOfBeforeWithLibssl_IsResumedUnderTheSameRulesOnly()
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, "libssl is not there");
        var keys = _files.WriteFile("tickets.key", RandomNumberGenerator.GetBytes(80));
        await using var proxy = await StartAsync("require", "--transport", "epoll", "--tls-ticket-key-file", keys);
        await using var stricter = await StartAsync("require", "--transport", "epoll", "--tls-ticket-key-file", keys, "--tls-client-names", "other.example");
        var (session, client) = (_files.PathOf("session"), Show(_files.Write("client.example")));
        await OpenSslClient.TalkAsync(proxy, ["-tls1_3", "-sess_out", session, .. client]);
        Assert.Contains("Reused, TLSv1.3, ", await OpenSslClient.TalkAsync(proxy, ["-tls1_3", "-sess_in", session, .. client]), StringComparison.Ordinal);
        await IsRefusedAsync(stricter, ["-tls1_3", "-sess_in", session, .. client]);
    }

    private static string[] Show(PemFiles files) => ["-cert", files.Certificate, "-cert_chain", files.Certificate, "-key", files.Key];

    // OpenSSL's handshake is over when the certificate is looked at, so that no alert says why (SslStream); the connection ends, and no byte of it is passed on.
    private async Task IsRefusedAsync(ProxyProcess proxy, params string[] options)
    {
        var before = _backend.Accepted;
        await using var client = new OpenSslClient(proxy, options);
        await client.SendAsync("hello");
        Assert.DoesNotContain("hello", (await client.EndsAsync()).Split('\n'));
        Assert.Equal(before, _backend.Accepted);
    }

    private static Task<string> LogsAsync(ProxyProcess proxy, string cause) => proxy.Error.WaitForAsync(
        line => line.Contains("was refused: tls, the client's certificate is refused: ", StringComparison.Ordinal) && line.Contains(cause, StringComparison.Ordinal), TestContext.Current.CancellationToken);

    private Task<ProxyProcess> StartAsync(string mode, params string[] options)
    {
        var identity = _files.Write("web.example");
        return Executable.StartAsync(
            _backend.Name, ["--tls-cert", identity.Certificate, "--tls-key", identity.Key, "--tls-client-ca", _files.Root, "--tls-client-auth", mode, .. options]);
    }
}
