using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.TestUtilities.Certificates;
using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>SIGHUP while the executable has certificates.</summary>
public sealed class CertificateReloadTests : IDisposable
{
    private static readonly Signal HangUp = new(1);

    private readonly TemporaryDirectory _files = new();
    private readonly TestCertificateAuthority _authority = new("root", DateTimeOffset.UtcNow);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task HangUp_ReplacedPair_IsServedAndSessionsGoOn()
    {
        Require.Linux();
        Write("first.example.com");
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await StartAsync(ProxyProcess.InetName(backend.EndPoint));
        using var client = new TcpClient();
        await using var session = await ConnectAsync(client, proxy, "first.example.com");
        Assert.Equal("CN=first.example.com", session.RemoteCertificate!.Subject);
        Write("second.example.com");
        proxy.Send(HangUp);
        await proxy.Error.WaitForAsync(static line => line.EndsWith("all certificates were read again (SIGHUP); new handshakes use them", StringComparison.Ordinal), Stop);
        using var other = new TcpClient();
        await using var next = await ConnectAsync(other, proxy, "second.example.com");
        Assert.Equal("CN=second.example.com", next.RemoteCertificate!.Subject);
        await session.WriteAsync("hello"u8.ToArray(), Stop);
        var answer = new byte[5];
        await session.ReadExactlyAsync(answer, Stop);
        Assert.Equal("hello"u8, answer);
    }

    [Fact]
    public async Task HangUp_PairThatDoesNotFit_IsLoggedAndTheOldOneServed()
    {
        Require.Linux();
        Write("first.example.com");
        await using var proxy = await StartAsync("/$/nil");
        _files.Write("web.pem", "nothing");
        proxy.Send(HangUp);
        var line = await proxy.Error.WaitForAsync(static line => line.Contains("(SIGHUP)", StringComparison.Ordinal), Stop);
        Assert.Contains($"1 cannot be used, so that those before them stay in use: {_files["web.pem"]}: ", line, StringComparison.Ordinal);
        using var client = new TcpClient();
        await using var session = await ConnectAsync(client, proxy, "first.example.com");
        Assert.Equal("CN=first.example.com", session.RemoteCertificate!.Subject);
    }

    private Task<ProxyProcess> StartAsync(string target) => ProxyProcess.StartAsync(
        Executable.FileName, target, Stop, ["--tls-cert", _files["web.pem"], "--tls-key", _files["web.key"]], through: [Require.Program("setsid")]);

    private void Write(string name)
    {
        using var certificate = _authority.Issue(new TestCertificate(name));
        _files.Write("web.pem", certificate.ExportCertificatePem());
        _files.Write("web.key", TestCertificateAuthority.KeyPem(certificate));
    }

    // The name is verified, so that it is that of the certificate.
    private async Task<SslStream> ConnectAsync(TcpClient client, ProxyProcess proxy, string name)
    {
        await client.ConnectAsync(proxy.EndPoint, Stop);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_authority.Certificate);
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy }, Stop);
        return stream;
    }
}
