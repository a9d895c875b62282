using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>An engine with TLS over each of its connections: what a transport must do, TLS must do too.</summary>
internal sealed class TlsTransport(ITransport inner, SslProtocols version) : ITransport
{
    private static readonly X509Certificate2 Certificate = MakeCertificate();
    private readonly SslServerAuthenticationOptions _server = new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Certificate, null, offline: true),
        EnabledSslProtocols = version,
    };

    public string Name => $"{inner.Name} with {version}";

    public async ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken) =>
        new Listener(await inner.ListenAsync(options, cancellationToken), _server, options.Tcp.WindowSize);

    public async ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
    {
        var result = await inner.ConnectAsync(to, options, cancellationToken);
        if (result.Connection is not { } connection)
        {
            return result;
        }

        var client = new SslClientAuthenticationOptions { TargetHost = "a.test", EnabledSslProtocols = version, RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null };
        var tls = await SslStreamSetup.ConnectAsync(connection, (options.Tcp ?? new TcpOptions()).WindowSize, client, cancellationToken);
        if (tls.Connection is { } encrypted)
        {
            return ConnectResult.Connected(encrypted);
        }

        connection.Abort();
        await connection.DisposeAsync();
        return ConnectResult.Failed(ConnectFailure.Tls, tls.Detail);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a.test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class Listener(ITransportListener inner, SslServerAuthenticationOptions options, int windowSize) : ITransportListener
    {
        public EndPoint LocalEndPoint => inner.LocalEndPoint;

        public void Start(IConnectionHandler handler) => inner.Start(new Handler(handler, options, windowSize));

        public string? FindObstacle(TransportListenOptions wanted) => inner.FindObstacle(wanted);

        public void Change(TransportListenOptions wanted) => inner.Change(wanted);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Handler(IConnectionHandler handler, SslServerAuthenticationOptions options, int windowSize) : IConnectionHandler
    {
        public void OnAccepted(TransportConnection connection) => _ = AcceptAsync(connection);

        public void OnAcceptFailed(TransportException error, TimeSpan retryAfter) => handler.OnAcceptFailed(error, retryAfter);

        private async Task AcceptAsync(TransportConnection connection)
        {
            var tls = await SslStreamSetup.AcceptAsync(connection, windowSize, _ => options, CancellationToken.None);
            await connection.Executor.Resume();
            if (tls.Connection is { } encrypted)
            {
                handler.OnAccepted(encrypted);
                return;
            }

            connection.Abort();
            await connection.DisposeAsync();
        }
    }
}
