using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Linkerd.Tcp.Tests.Security.Connections.Contract;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A server that sends back what it receives.</summary>
internal sealed class TlsEcho : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string? _certificate;

    /// <param name="certificate">The certificate, as of <see cref="TlsMaterial"/>; null: there is no TLS.</param>
    public TlsEcho(string? certificate)
    {
        _certificate = certificate;
        _listener.Start();
        _ = AcceptAsync();
    }

    public EndPoint EndPoint => _listener.LocalEndpoint;

    /// <summary>Gets or sets a value that indicates whether it ends its side without close_notify after the first bytes.</summary>
    public bool Cuts { get; init; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = TlsMaterial.Context(_certificate) });
                stream = tls;
            }

            if (Cuts)
            {
                await stream.WriteAsync(new byte[await stream.ReadAsync(new byte[100])]);
                socket.Shutdown(SocketShutdown.Send);
            }

            await stream.CopyToAsync(stream);
        }
        catch (Exception error) when (error is IOException or AuthenticationException)
        {
            // The other side has gone.
        }

        await stream.DisposeAsync();
    }
}
