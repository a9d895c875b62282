using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>openssl s_client</c> to a listener with TLS: versions, resumption, ALPN, server names, and what must be refused.</summary>
public sealed class OpenSslClientTests : IAsyncLifetime
{
    private readonly TlsFiles _files = new();
    private readonly TcpBackend _backend = new(Serve.EchoAsync);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        _files.Dispose();
    }

    /// <summary>The client knows the root only: the intermediate is of the file.</summary>
    [Theory]
    [InlineData("-tls1_2", "TLSv1.2")]
    [InlineData("-tls1_3", "TLSv1.3")]
    public async Task Handshake_SupportedVersion_ServesWithTheChainOfTheFile(string option, string version)
    {
        await using var proxy = await StartAsync();
        var printed = await OpenSslClient.TalkAsync(proxy, [.. Verified, option]);
        Assert.Contains($"New, {version}, Cipher is ", printed, StringComparison.Ordinal);
        Assert.Contains("Verification: OK", printed, StringComparison.Ordinal);
        Assert.Contains(" 1 s:CN = test intermediate", printed, StringComparison.Ordinal);
        Assert.DoesNotContain(" 2 s:", printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.2", "-tls1")]
    [InlineData("1.2", "-tls1_1")]
    [InlineData("1.3", "-tls1_1")]
    [InlineData("1.3", "-tls1_2")]
    public async Task Handshake_VersionBelowTheLowest_IsRefusedWithAnAlert(string lowest, string option)
    {
        await using var proxy = await StartAsync("--tls-min", lowest);
        var printed = await OpenSslClient.FailAsync(proxy, [.. Verified, option, "-cipher", "DEFAULT@SECLEVEL=0"]);
        Assert.Contains("alert protocol version", printed, StringComparison.Ordinal);
        Assert.Equal(0, _backend.Accepted);
    }

    [Theory]
    [InlineData("-tls1_2", "TLSv1.2")]
    [InlineData("-tls1_3", "TLSv1.3")]
    public async Task Handshake_WithASession_ResumesIt(string option, string version)
    {
        await using var proxy = await StartAsync();
        var session = _files.PathOf("session");
        var printed = await OpenSslClient.TalkAsync(proxy, [.. Verified, option, "-sess_out", session]);
        Assert.Contains($"New, {version}, ", printed, StringComparison.Ordinal);
        printed = await OpenSslClient.TalkAsync(proxy, [.. Verified, option, "-sess_in", session]);
        Assert.Contains($"Reused, {version}, ", printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handshake_EarlyData_IsNotOffered()
    {
        await using var proxy = await StartAsync();
        var (session, early) = (_files.PathOf("session"), _files.WriteFile("early", "early data\n"));
        var printed = await OpenSslClient.TalkAsync(proxy, [.. Verified, "-tls1_3", "-sess_out", session]);
        Assert.Contains("Max Early Data: 0", printed, StringComparison.Ordinal);
        printed = await OpenSslClient.TalkAsync(proxy, [.. Verified, "-tls1_3", "-sess_in", session, "-early_data", early]);
        Assert.Contains("Early data was not sent", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("\nearly data", printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renegotiation_AskedByTheClient_EndsItsSessionOnly()
    {
        await using var proxy = await StartAsync();
        await using var other = new OpenSslClient(proxy, [.. Verified, "-tls1_2"]);
        await other.EchoAsync("before");
        await using var client = new OpenSslClient(proxy, [.. Verified, "-tls1_2", "-legacy_renegotiation"]);
        await client.EchoAsync("hello");
        await client.CommandAsync("R", "RENEGOTIATING");
        await client.EndsAsync();
        await other.EchoAsync("after");
    }

    [Fact]
    public async Task KeyUpdate_AskedByTheClient_GoesOn()
    {
        await using var proxy = await StartAsync();
        await using var client = new OpenSslClient(proxy, [.. Verified, "-tls1_3"]);
        await client.EchoAsync("before");
        await client.CommandAsync("K", "KEYUPDATE");
        await client.EchoAsync("between");
        await client.CommandAsync("k", "KEYUPDATE");
        await client.EchoAsync("after");
    }

    [Theory]
    [InlineData("-tls1_2", "h2,http/1.1", "h2")]
    [InlineData("-tls1_3", "h2,http/1.1", "h2")]
    [InlineData("-tls1_3", "http/1.1", "http/1.1")]
    [InlineData("-tls1_3", "spdy/1,http/1.1,h2", "h2")]
    public async Task Protocols_InCommon_TheFirstOfTheListenerIsChosen(string version, string offered, string chosen)
    {
        await using var proxy = await StartAsync("--tls-alpn", "h2,http/1.1");
        var printed = await OpenSslClient.TalkAsync(proxy, [.. Verified, version, "-alpn", offered]);
        Assert.Contains($"ALPN protocol: {chosen}\n", printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Protocols_NoneInCommon_IsRefusedWithAnAlert(string version)
    {
        await using var proxy = await StartAsync("--tls-alpn", "h2,http/1.1");
        Assert.Contains("alert no application protocol", await OpenSslClient.FailAsync(proxy, [.. Verified, version, "-alpn", "smtp"]), StringComparison.Ordinal);
        Assert.Equal(0, _backend.Accepted);
    }

    [Fact]
    public async Task Protocols_NoneOffered_IsServed()
    {
        await using var proxy = await StartAsync("--tls-alpn", "h2,http/1.1");
        Assert.Contains("No ALPN negotiated", await OpenSslClient.TalkAsync(proxy, Verified), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task ServerName_OfTheClient_ChoosesTheCertificate(string version)
    {
        var others = new[] { _files.Write("api.example.com"), _files.Write("*.example.com") }.SelectMany(files => new[] { "--tls-cert", files.Certificate, "--tls-key", files.Key });
        await using var proxy = await StartAsync([.. others]);
        foreach (var (name, subject) in new[]
        {
            ("web.example", "web.example"), ("api.example.com", "api.example.com"), ("API.Example.COM", "api.example.com"), ("shop.example.com", "*.example.com"),
            ("a.b.example.com", "web.example"), ("example.com", "web.example"), ("unknown.example", "web.example"),
        })
        {
            Assert.Contains($"subject=CN = {subject}\n", await OpenSslClient.TalkAsync(proxy, "-CAfile", _files.Root, version, "-servername", name), StringComparison.Ordinal);
        }

        Assert.Contains("subject=CN = web.example\n", await OpenSslClient.TalkAsync(proxy, "-CAfile", _files.Root, version, "-noservername"), StringComparison.Ordinal);
    }

    private string[] Verified => ["-CAfile", _files.Root, "-verify_return_error", "-verify_hostname", "web.example", "-servername", "web.example"];

    private Task<ProxyProcess> StartAsync(params string[] options)
    {
        var identity = _files.Write(new TestCertificate("web.example"));
        return Executable.StartAsync(_backend.Name, ["--tls-cert", identity.Certificate, "--tls-key", identity.Key, .. options]);
    }
}
