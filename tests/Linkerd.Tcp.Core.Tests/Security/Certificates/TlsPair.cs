using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Certificates;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Certificates;

/// <summary>Both ends of a TLS session over a loopback connection.</summary>
internal sealed class TlsPair : IAsyncDisposable
{
    private readonly SslStream _client;
    private readonly SslStream _server;

    private TlsPair(SslStream client, SslStream server, IReadOnlyList<string> presented) => (_client, _server, Presented) = (client, server, presented);

    /// <summary>The subjects of what the client got, in the order of its chain.</summary>
    public IReadOnlyList<string> Presented { get; }

    /// <summary>The digest of the certificate that the client got.</summary>
    public string Thumbprint => _client.RemoteCertificate!.GetCertHashString(HashAlgorithmName.SHA256);

    public static async Task<TlsPair> ConnectAsync(TlsIdentity identity)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var connecting = new TcpClient();
        var accepting = listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await connecting.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        var server = new SslStream((await accepting).GetStream());
        IReadOnlyList<string> presented = [];
        var client = new SslStream(connecting.GetStream(), false, (_, _, chain, _) =>
        {
            presented = [.. chain!.ChainElements.Select(static element => element.Certificate.Subject)];
            return true;
        });
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        await Task.WhenAll(
            server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = identity.Context }, TestContext.Current.CancellationToken),
            client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "a.example", CertificateChainPolicy = policy, AllowTlsResume = false }, TestContext.Current.CancellationToken));
        return new(client, server, presented);
    }

    /// <summary>Sends a byte each way.</summary>
    public async Task PingAsync()
    {
        var buffer = new byte[1];
        await _client.WriteAsync(new byte[] { 1 }, TestContext.Current.CancellationToken);
        await _server.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        await _server.WriteAsync(buffer, TestContext.Current.CancellationToken);
        await _client.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        Assert.Equal(1, buffer[0]);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }
}
