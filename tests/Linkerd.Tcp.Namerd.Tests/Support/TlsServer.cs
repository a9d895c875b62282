using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>A namerd that speaks TLS, may want a client certificate, and answers every question with a watch that says the same.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopped = new();
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2? _clientRoot;
    private readonly Task _serving;

    /// <param name="certificate">Its own.</param>
    /// <param name="clientRoot">Who must have issued the client's; null where none is wanted.</param>
    public TlsServer(X509Certificate2 certificate, X509Certificate2? clientRoot = null)
    {
        (_certificate, _clientRoot) = (certificate, clientRoot);
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The name that the last client asked for.</summary>
    public string? ServerName { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stopped.Dispose();
    }

    private async Task ServeAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopped.Token);
                running.Add(AnswerAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _certificate,
                        ClientCertificateRequired = _clientRoot is not null,
                        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                        RemoteCertificateValidationCallback = (_, shown, _, _) => _clientRoot is null || (shown is not null && shown.Issuer == _clientRoot.Subject),
                    },
                    _stopped.Token);
                ServerName = tls.TargetHostName;
                var buffer = new byte[4096];
                _ = await tls.ReadAtLeastAsync(buffer, 1, throwOnEndOfStream: false, _stopped.Token);
                await tls.WriteAsync(Encoding.Latin1.GetBytes(NamerdHttp.WatchHead + NamerdHttp.Chunk(NamerdHttp.Bound(1))), _stopped.Token);
                while (await tls.ReadAsync(buffer, _stopped.Token) > 0)
                {
                    // Until the client leaves.
                    continue;
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or AuthenticationException or ObjectDisposedException)
            {
                // The client did not like the certificate, or the other way round; or the test is over.
                return;
            }
        }
    }
}
