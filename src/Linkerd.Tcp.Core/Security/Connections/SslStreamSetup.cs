using System.Net.Security;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security.Connections;

/// <summary>Runs handshakes by SslStream, over a connection of any engine.</summary>
internal sealed class SslStreamSetup : TlsSetup
{
    private readonly Func<SslStream, CancellationToken, Task> _authenticate;

    public SslStreamSetup(SslServerAuthenticationOptions options) => _authenticate = (tls, cancellationToken) => tls.AuthenticateAsServerAsync(options, cancellationToken);

    public SslStreamSetup(SslClientAuthenticationOptions options) => _authenticate = (tls, cancellationToken) => tls.AuthenticateAsClientAsync(options, cancellationToken);

    /// <summary>Runs a handshake as the server.</summary>
    /// <inheritdoc cref="TlsHandshake.AcceptAsync"/>
    public static ValueTask<TlsResult> AcceptAsync(TransportConnection connection, int windowSize, Func<ClientHello?, SslServerAuthenticationOptions> select, CancellationToken cancellationToken) =>
        TlsHandshake.AcceptAsync(connection, windowSize, hello => new SslStreamSetup(select(hello)), cancellationToken);

    /// <summary>Runs a handshake as the client.</summary>
    /// <inheritdoc cref="TlsHandshake.ConnectAsync"/>
    public static ValueTask<TlsResult> ConnectAsync(TransportConnection connection, int windowSize, SslClientAuthenticationOptions options, CancellationToken cancellationToken) =>
        TlsHandshake.ConnectAsync(connection, windowSize, new SslStreamSetup(options), cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<TlsResult> RunAsync(
        TransportConnection connection, int windowSize, HandshakeLane.Handshake handshake, ClientHelloResult? hello, CancellationToken cancellationToken)
    {
        var tls = new TlsConnection(connection, windowSize);
        tls.Cipher.BeginHandshake(handshake, keepsHead: hello is null);
        try
        {
            await _authenticate(tls.Stream, cancellationToken).ConfigureAwait(false);
            tls.Cipher.EndHandshake();
            tls.Details = TlsDetails.Of(tls.Stream);
            return new(tls, tls);
        }
        catch (Exception error)
        {
            // Of any kind: some messages that are malformed make SslStream throw what no caller of it expects (ArgumentOutOfRangeException, .NET 10.0).
            var result =
                handshake.IsEvicted ? TlsHandshake.Evicted
                : tls.Cipher.Failure != TransportStatus.Ok ? TlsResult.Failed(tls.Cipher.Failure)
                : tls.Cipher.HasFin ? TlsResult.Failed(TransportStatus.Ok)
                : TlsResult.Failed(TlsFailure.Protocol, hello?.Error ?? TlsHandshake.FindPlainAnswer(tls.Cipher.Head) ?? Describe(error));
            await tls.Stream.DisposeAsync().ConfigureAwait(false);
            if (result.Failure == TlsFailure.Protocol)
            {
                await TlsHandshake.EndAsync(connection, handshake, tls.Cipher.HasWritten ? null : hello).ConfigureAwait(false);
            }

            return result;
        }
    }

    // The innermost message is the one that says something: "certificate has expired", "no shared cipher", "tlsv1 alert unknown ca".
    private static string Describe(Exception error)
    {
        var inner = error;
        while (inner.InnerException is { } next)
        {
            inner = next;
        }

        return inner.Message;
    }
}
