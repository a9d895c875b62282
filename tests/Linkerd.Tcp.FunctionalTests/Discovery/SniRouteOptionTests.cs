using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Routes by server name of the executable, with and without a target, and with and without termination.</summary>
public sealed partial class SniRouteOptionTests : IDisposable
{
    private readonly TestCertificateAuthority _authority = new("root", DateTimeOffset.UtcNow);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Routes_WithoutATarget_PassTlsOnAndRefuseOthers()
    {
        await using var web = Backend("web");
        await using var first = Backend("first");
        await using var second = Backend("second");
        await using var proxy = Start(
            "--dtab", $"/svc/web => {web.Name}", "--sni-route", "*.example.com=/svc/{1}", "--sni-route", $"tree.example.com=! | {first.Name}", "--sni-route", $"*.example.com,alpn=h2={second.EndPoint}");
        var address = await AddressOfAsync(proxy);
        Assert.Equal("CN=web", await SubjectAtAsync(address, "web.example.com"));
        Assert.Equal("CN=second", await SubjectAtAsync(address, "web.example.com", "h2"));
        await Assert.ThrowsAnyAsync<Exception>(() => SubjectAtAsync(address, "tree.example.com"));
        await Assert.ThrowsAsync<AuthenticationException>(() => SubjectAtAsync(address, "www.example.org"));
        await proxy.Error.WaitForAsync(static line => line.Contains("was refused: no_route, server name 'www.example.org'", StringComparison.Ordinal), Stop);
    }

    [Fact]
    public async Task Routes_WithATarget_SendOthersThere()
    {
        await using var web = Backend("web");
        await using var other = Backend("other");
        await using var proxy = Start("--sni-route", $"web.example.com={web.EndPoint}", other.EndPoint.ToString());
        var address = await AddressOfAsync(proxy);
        Assert.Equal("CN=web", await SubjectAtAsync(address, "web.example.com"));
        Assert.Equal("CN=other", await SubjectAtAsync(address, "www.example.org"));
    }

    [Fact]
    public async Task Routes_AtTheEndOfTls_ChooseTheServer()
    {
        using var folder = new TestUtilities.Files.TemporaryDirectory();
        using var certificate = _authority.Issue(new TestCertificate("proxy"));
        folder.Write("proxy.pem", certificate.ExportCertificatePem() + "\n" + TestCertificateAuthority.KeyPem(certificate));
        folder.Write("ca.pem", _authority.Pem);
        await using var web = Backend("web");
        await using var proxy = Start(
            "--tls-cert", folder["proxy.pem"], "--sni-route", $"web.example.com={web.EndPoint}", "--server-tls", "--server-ca", folder["ca.pem"], "--server-tls-name", "web");
        var address = await AddressOfAsync(proxy);
        Assert.Equal("CN=proxy", await SubjectAtAsync(address, "web.example.com"));
        Assert.Equal(1, web.Accepted);
    }

    private static ChildProcess Start(params string[] arguments) => new(Executable.FileName, ["-l", "127.0.0.1:0", .. arguments], new Dictionary<string, string?> { ["LINKERD_TCP_LOG"] = "info", ["RUST_LOG"] = null });

    private static async Task<IPEndPoint> AddressOfAsync(ChildProcess proxy) =>
        IPEndPoint.Parse(ListeningLine().Match(await proxy.Error.WaitForAsync(static line => ListeningLine().IsMatch(line), Stop)).Groups[1].Value);

    private async Task<string> SubjectAtAsync(IPEndPoint address, string name, params string[] protocols)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address, Stop);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_authority.Certificate);

        // The certificates have the names of the servers, which the client does not choose.
        await using var stream = new SslStream(client.GetStream(), false, static (_, _, _, errors) => (errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0);
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy, ApplicationProtocols = [.. protocols.Select(static protocol => new SslApplicationProtocol(protocol))] }, Stop);
        await stream.WriteAsync(new byte[] { 42 }, Stop);
        await stream.ReadExactlyAsync(new byte[1], Stop);
        return stream.RemoteCertificate!.Subject;
    }

    private TcpBackend Backend(string name)
    {
        using var issued = _authority.Issue(new TestCertificate(name));
        var certificate = X509CertificateLoader.LoadPkcs12(issued.Export(X509ContentType.Pkcs12), null);
        return new TcpBackend(async socket =>
        {
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, ApplicationProtocols = [SslApplicationProtocol.Http2] });
            var data = new byte[1];
            await stream.ReadExactlyAsync(data);
            await stream.WriteAsync(data);
            _ = await stream.ReadAsync(data);
        });
    }

    [GeneratedRegex(@"\] listening on ([^\s,]+)")]
    private static partial Regex ListeningLine();
}
