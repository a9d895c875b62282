using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.TestUtilities.Files;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>TLS with servers for code that runs SslStream itself.</summary>
public sealed class ServerTlsAuthenticatorTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(TlsMaterial.Now);
    private readonly TemporaryDirectory _folder = new();
    private readonly LogRecorder _log = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ok", null, "a.test")]
    [InlineData("wrong name", "other.test", "a.test")]
    [InlineData("address", null, "192.0.2.7")]
    [InlineData("address", null, "2001:db8::7")]
    public async Task CreateOptions_NameOfTheOptionsOrElseTheHost_IsVerified(string certificate, string? serverName, string host)
    {
        using var authenticator = new ServerTlsAuthenticator(Verify(serverName));
        Assert.Null(await ConnectAsync(authenticator, certificate, host));
    }

    [Theory]
    [InlineData("wrong name", "a.test", "no name of the certificate matches a.test: it is for other.test")]
    [InlineData("ok", "127.0.0.1", "no name of the certificate matches 127.0.0.1: it is for a.test")]
    [InlineData("expired", "a.test", "expired on ")]
    public async Task CreateOptions_ServerIsNotWhatItShouldBe_IsRefusedWithTheReason(string certificate, string host, string reason)
    {
        using var authenticator = new ServerTlsAuthenticator(Verify(null));
        Assert.StartsWith(reason, await ConnectAsync(authenticator, certificate, host), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateOptions_UnknownAuthority_SaysWhatIsTrusted()
    {
        using var authenticator = new ServerTlsAuthenticator(Verify(null));
        var reason = await ConnectAsync(authenticator, "unknown root", "a.test");
        Assert.StartsWith("issued by an unknown authority", reason, StringComparison.Ordinal);
        Assert.EndsWith($"; trusted: {TlsMaterial.RootFile}", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateOptions_ExpectedNames_AreVerifiedInPlaceOfTheHost()
    {
        var options = Verify(null);
        options.ExpectedNames = ["spiffe://example.org/web"];
        using var authenticator = new ServerTlsAuthenticator(options);
        Assert.Null(await ConnectAsync(authenticator, "spiffe", "a.test"));
        Assert.Contains("matches spiffe://example.org/web", await ConnectAsync(authenticator, "ok", "a.test"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no name")]
    [InlineData("a..b")]
    public void CreateOptions_HostThatIsNoName_NeverVerifiesAnyName(string host)
    {
        using var authenticator = new ServerTlsAuthenticator(Verify(null));
        Assert.Contains("no name to verify", Assert.Throws<AuthenticationException>(() => authenticator.CreateOptions(host, static _ => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateOptions_RootsWereReplaced_AreTheNewOnes()
    {
        var file = _folder["roots.pem"];
        File.Copy(TlsMaterial.StrangerFile, file);
        using var authenticator = new ServerTlsAuthenticator(new ServerTlsOptions { RootFiles = [file] }, _log, _time);
        Assert.NotNull(await ConnectAsync(authenticator, "ok", "a.test"));
        File.Copy(TlsMaterial.RootFile, file, overwrite: true);
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Null(await ConnectAsync(authenticator, "ok", "a.test"));
    }

    [Fact]
    public void CreateOptions_CertificateVersionAndProtocols_AreThoseOfTheOptions()
    {
        using var authenticator = new ServerTlsAuthenticator(new ServerTlsOptions { Certificate = TlsMaterial.Files("ok"), MinimumVersion = TlsVersion.Tls13, ApplicationProtocols = ["h2"] });
        var options = authenticator.CreateOptions("a.test", static _ => { });
        Assert.NotNull(options.ClientCertificateContext);
        Assert.Equal(SslProtocols.Tls13, options.EnabledSslProtocols);
        Assert.Equal([SslApplicationProtocol.Http2], options.ApplicationProtocols);
    }

    [Fact]
    public async Task Constructor_SkipVerification_AcceptsAnythingWithAWarning()
    {
        using var authenticator = new ServerTlsAuthenticator(new ServerTlsOptions { SkipVerification = true }, _log);
        Assert.Null(await ConnectAsync(authenticator, "unknown root", "b.test"));
        Assert.Equal(1, _log.Count(6108));
    }

    [Fact]
    public void Constructor_OptionsOrFilesThatCannotBeUsed_Throws()
    {
        Assert.Equal("ServerName", Assert.Single(Assert.Throws<InvalidOptionsException>(() => new ServerTlsAuthenticator(new ServerTlsOptions { ServerName = "{1}.test" })).Errors).Path);
        Assert.Contains("there is no such file", Assert.Throws<InvalidOptionsException>(() => new ServerTlsAuthenticator(new ServerTlsOptions { RootFiles = ["/none.pem"] })).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _log.Dispose();
    }

    private static ServerTlsOptions Verify(string? serverName) => new() { ServerName = serverName, RootFiles = [TlsMaterial.RootFile] };

    /// <summary>Connects to a server with a certificate.</summary>
    /// <returns>The reason for which it is refused; null: it is not.</returns>
    private static async Task<string?> ConnectAsync(ServerTlsAuthenticator authenticator, string certificate, string host)
    {
        string? refused = null;
        using var server = new TlsEcho(certificate);
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)server.EndPoint, Cancelled);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(authenticator.CreateOptions(host, reason => refused = reason), Cancelled);
        }
        catch (AuthenticationException) when (refused is not null)
        {
            return refused;
        }

        return refused;
    }
}
