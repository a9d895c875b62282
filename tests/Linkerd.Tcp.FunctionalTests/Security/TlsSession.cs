using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A client of the test's own with TLS, which verifies the chain and the name; what <see cref="SslStream"/> does on the other side is not the proxy's.</summary>
internal sealed class TlsSession : IDisposable
{
    private readonly Socket _socket;
    private readonly SslStream _stream;

    private TlsSession(Socket socket, SslStream stream) => (_socket, _stream) = (socket, stream);

    /// <summary>The certificate that the proxy showed.</summary>
    public string Certificate => _stream.RemoteCertificate!.GetCertHashString();

    /// <summary>Where the client is.</summary>
    public EndPoint LocalEndPoint => _socket.LocalEndPoint!;

    /// <summary>Creates options that trust the root in a file.</summary>
    public static SslClientAuthenticationOptions Trusting(string rootFile, string name, SslProtocols version = SslProtocols.None)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(rootFile));
        return new() { TargetHost = name, CertificateChainPolicy = policy, EnabledSslProtocols = version };
    }

    /// <summary>Connects, and has a handshake.</summary>
    public static async Task<TlsSession> ConnectAsync(EndPoint endPoint, SslClientAuthenticationOptions options)
    {
        var socket = await ClientSocket.ConnectAsync(endPoint);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken).InTimeAsync();
            return new(socket, stream);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends bytes.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Sends bytes and expects them back.</summary>
    public async Task EchoAsync(byte[] bytes)
    {
        await SendAsync(bytes);
        var answer = new byte[bytes.Length];
        await _stream.ReadExactlyAsync(answer, TestContext.Current.CancellationToken).AsTask().InTimeAsync();
        Assert.True(answer.AsSpan().SequenceEqual(bytes), "other bytes came back");
    }

    /// <summary>Ends its direction with close_notify, and sends no FIN.</summary>
    public Task ShutdownAsync() => _stream.ShutdownAsync();

    /// <summary>Receives until the end.</summary>
    public async Task<byte[]> ReceiveToEndAsync()
    {
        using var received = new MemoryStream();
        await _stream.CopyToAsync(received, TestContext.Current.CancellationToken).InTimeAsync();
        return received.ToArray();
    }

    public void Dispose() => _stream.Dispose();
}
