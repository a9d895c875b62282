using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>openssl s_server</c> behind <c>--server-tls</c>: versions, names, client certificates, and servers that must not be talked to.</summary>
public sealed class OpenSslServerTests : IDisposable
{
    private const string Name = "web.example";
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Connect_SupportedVersion_Talks(string version)
    {
        await using var server = await StartServerAsync(_files.Write(Name), version);
        await using var proxy = await StartAsync(server.Name, "--server-tls-name", Name);
        await TalksAsync(proxy);
        await TalksAsync(proxy);
        Assert.Contains($"Protocol version: TLSv1.{version[^1]}", server.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_VersionBelowTheLowest_IsAConnectFailure()
    {
        await using var server = await TlsServers.StartOpenSslAsync(_files.Write(Name), "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0");
        await using var proxy = await StartImpatientAsync(server.Name, "--server-tls-name", Name);
        await FailsAsync(proxy, server, "protocol version");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Connect_Name_IsSentAndVerified(string version)
    {
        // The second identity, completed with the certificates of -CAfile, is for those that send the name; the first would not verify.
        var named = _files.Write(Name);
        await using var server = await StartServerAsync(_files.Write("other.example"), version, "-servername", Name, "-cert2", named.Certificate, "-key2", named.Key, "-CAfile", named.Certificate);
        await using var proxy = await StartAsync(server.Name, "--server-tls-name", Name);
        await TalksAsync(proxy);
    }

    [Fact]
    public async Task Connect_HostOfTheEndpoint_IsTheName()
    {
        await using var server = await StartServerAsync(_files.Write("localhost"));
        await using var proxy = await StartAsync($"/$/inet/localhost/{server.EndPoint.Port}");
        await TalksAsync(proxy);
    }

    [Fact]
    public async Task Connect_AuthorityFromNamerd_IsTheName()
    {
        await using var server = await StartServerAsync(_files.Write(Name));
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(server.EndPoint) with { Meta = $"\"authority\":\"{Name}\"" }));
        await using var proxy = await StartAsync("/svc/web", "-n", namerd.BaseAddress.ToString());
        await TalksAsync(proxy);
    }

    [Fact]
    public async Task Connect_LabelOfTheDestination_IsInTheName()
    {
        await using var server = await StartServerAsync(_files.Write(Name));
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(server.EndPoint)));
        await using var proxy = await StartAsync("/svc/web", "-n", namerd.BaseAddress.ToString(), "--server-tls-name", "{2}.example");
        await TalksAsync(proxy);
    }

    [Fact]
    public async Task Connect_ServerNameOfTheClient_IsTheName()
    {
        await using var server = await StartServerAsync(_files.Write(Name));
        var front = _files.Write(Name, "other.example");
        await using var proxy = await StartImpatientAsync(server.Name, "--server-tls-name", "{sni}", "--tls-cert", front.Certificate, "--tls-key", front.Key);
        await using var client = new OpenSslClient(proxy, "-CAfile", _files.Root, "-verify_return_error", "-verify_hostname", Name, "-servername", Name);
        await client.SendAsync("hello");
        await client.ReceivesAsync("olleh");
        await client.CloseAsync();

        // The server has no certificate for another name.
        await OpenSslClient.FailAsync(proxy, "-servername", "other.example");
        await proxy.Error.WaitForAsync(line => line.Contains("other.example", StringComparison.Ordinal), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Connect_AddressWithoutAName_IsAConnectFailure()
    {
        await using var server = await TlsServers.StartOpenSslAsync(_files.Write(new TestCertificate { Addresses = [System.Net.IPAddress.Loopback] }));
        await using var proxy = await StartImpatientAsync(server.Name);
        await FailsAsync(proxy, server, "name to verify");
    }

    [Fact]
    public async Task Connect_AddressAskedFor_IsVerified()
    {
        await using var server = await StartServerAsync(_files.Write(new TestCertificate { Addresses = [System.Net.IPAddress.Loopback] }));
        await using var proxy = await StartAsync(server.Name, "--server-tls-name", "127.0.0.1");
        await TalksAsync(proxy);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Connect_WrongName_NeverReachesTheServer(string version)
    {
        await using var server = await TlsServers.StartOpenSslAsync(_files.Write("other.example"), version);
        await using var proxy = await StartImpatientAsync(server.Name, "--server-tls-name", Name);
        await FailsAsync(proxy, server, "other.example");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Connect_Expired_NeverReachesTheServer(string version)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var server = await TlsServers.StartOpenSslAsync(_files.Write(new TestCertificate(Name) { From = now.AddDays(-2), Until = now.AddDays(-1) }), version);
        await using var proxy = await StartImpatientAsync(server.Name, "--server-tls-name", Name);
        await FailsAsync(proxy, server, "expired");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Connect_OfAnotherRoot_NeverReachesTheServer(string version)
    {
        using var strangers = new TlsFiles();
        await using var server = await TlsServers.StartOpenSslAsync(strangers.Write(Name), version);
        await using var proxy = await StartImpatientAsync(server.Name, "--server-tls-name", Name);
        await FailsAsync(proxy, server, "root");
    }

    [Fact]
    public async Task Connect_VerificationOff_TalksAndWarns()
    {
        using var strangers = new TlsFiles();
        await using var server = await StartServerAsync(strangers.Write("other.example"));
        await using var proxy = await Executable.StartAsync(server.Name, "--server-tls", "--server-tls-insecure");
        await TalksAsync(proxy);
        Assert.Contains(proxy.Error.Lines, line => line.Contains("WARN", StringComparison.Ordinal) && line.Contains("NOT VERIFIED", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Connect_ServerWantsACertificate_GetsIt(string version)
    {
        await using var server = await StartServerAsync(_files.Write(Name), version, "-Verify", "3", "-CAfile", _files.Root, "-verify_return_error");
        var mine = _files.Write("proxy.example");
        await using var proxy = await StartAsync(server.Name, "--server-tls-name", Name, "--server-cert", mine.Certificate, "--server-key", mine.Key);
        await TalksAsync(proxy);
        Assert.Contains("Peer certificate: CN = proxy.example", server.Error.Text, StringComparison.Ordinal);
        Assert.Contains("Verification: OK", server.Error.Text, StringComparison.Ordinal);
    }

    /// <summary>In TLS 1.3 the server's word on it comes after the handshake: the session is cut.</summary>
    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Connect_ServerWantsACertificateAndGetsNone_TheClientIsCut(string version)
    {
        await using var server = await TlsServers.StartOpenSslAsync(_files.Write(Name), version, "-Verify", "3", "-CAfile", _files.Root, "-verify_return_error");
        await using var proxy = await StartImpatientAsync(server.Name, "--server-tls-name", Name);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.IsResetAsync();
        Assert.Contains("peer did not return a certificate", server.Output.Text + server.Error.Text, StringComparison.Ordinal);
    }

    private static async Task TalksAsync(ProxyProcess proxy)
    {
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync("hello\n");
        Assert.Equal("olleh\n", await client.ReceiveTextAsync(6).InTimeAsync());
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await client.ReceiveToEndAsync().InTimeAsync());
    }

    // The client is told by a RST, the log says why, and the server, which prints all that it receives, has got nothing.
    private static async Task FailsAsync(ProxyProcess proxy, ServerProgram server, string cause)
    {
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync("a secret\n");
        await client.IsResetAsync();
        await proxy.Error.WaitForAsync(line => line.Contains(cause, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("secret", server.Output.Text, StringComparison.Ordinal);
    }

    private Task<ServerProgram> StartServerAsync(PemFiles identity, params string[] options) => TlsServers.StartOpenSslAsync(identity, ["-rev", .. options]);

    // What fails is tried again until the time for it is over.
    private Task<ProxyProcess> StartImpatientAsync(string target, params string[] options) => StartAsync(target, ["--connect-timeout", "1s", .. options]);

    private Task<ProxyProcess> StartAsync(string target, params string[] options) =>
        Executable.StartWithDebugLogAsync(target, ["--server-tls", "--server-ca", _files.Root, .. options]);
}
