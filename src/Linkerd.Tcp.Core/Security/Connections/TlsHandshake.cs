using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security.Connections;

/// <summary>Makes a connection of plaintext from a connection: the TLS handshake, on the connection's executor.</summary>
internal static class TlsHandshake
{
    // Of change_cipher_spec and of application_data (RFC 8446, section 5.1).
    private const byte FirstRecordType = 20;
    private const byte LastRecordType = 23;
    private const byte MajorVersion = 3;

    /// <summary>Runs the handshake as the server.</summary>
    /// <param name="connection">The connection, which belongs to the result if there is one, and otherwise to the caller.</param>
    /// <param name="windowSize">The most that one receive of the result hands out, in bytes.</param>
    /// <param name="select">Chooses the options for a ClientHello. Completes at once.</param>
    /// <param name="cancellationToken">Gives up. The caller aborts the connection at the same time, as nothing else ends an operation of it.</param>
    public static ValueTask<TlsResult> AcceptAsync(
        TransportConnection connection, int windowSize, Func<SslClientHelloInfo, SslServerAuthenticationOptions> select, CancellationToken cancellationToken) =>
        RunAsync(connection, windowSize, isServer: true, (tls, token) => tls.AuthenticateAsServerAsync(static (_, hello, select, _) => new(((Func<SslClientHelloInfo, SslServerAuthenticationOptions>)select!)(hello)), select, token), cancellationToken);

    /// <summary>Runs the handshake as the client.</summary>
    /// <inheritdoc cref="AcceptAsync"/>
    public static ValueTask<TlsResult> ConnectAsync(TransportConnection connection, int windowSize, SslClientAuthenticationOptions options, CancellationToken cancellationToken) =>
        RunAsync(connection, windowSize, isServer: false, (tls, token) => tls.AuthenticateAsClientAsync(options, token), cancellationToken);

    private static async ValueTask<TlsResult> RunAsync(
        TransportConnection connection, int windowSize, bool isServer, Func<SslStream, CancellationToken, Task> authenticate, CancellationToken cancellationToken)
    {
        await connection.Executor.Resume();
        using var handshake = HandshakeLane.Of(connection.Executor).TryBegin(() => ForeignConnection.TryAbort(connection));
        if (handshake is null)
        {
            return TlsResult.Failed(TlsFailure.TooMany, "too many TLS handshakes are under way");
        }

        var tls = new TlsConnection(connection, windowSize);
        tls.Cipher.BeginHandshake(handshake);
        try
        {
            // A client's first step makes its key share, before it reads anything.
            await handshake.Turn();
            await authenticate(tls.Stream, cancellationToken).ConfigureAwait(false);
            tls.Cipher.EndHandshake();
            return new(tls);
        }
        catch (Exception error) when (TlsConnection.IsEnd(error) || error is NotSupportedException)
        {
            // SslStream chooses no options, and reports that it has none, if the first message is no ClientHello.
            var hello = isServer && !tls.Cipher.HasWritten ? default(ClientHelloReader).Read(tls.Cipher.Head) : default;
            var result =
                handshake.IsEvicted ? TlsResult.Failed(TlsFailure.TooMany, "too many TLS handshakes are under way, and this one has waited longest for its peer")
                : tls.Cipher.Failure != TransportStatus.Ok ? TlsResult.Failed(tls.Cipher.Failure)
                : tls.Cipher.HasFin ? TlsResult.Failed(TlsFailure.Ended, "the connection ended during the TLS handshake")
                : TlsResult.Failed(TlsFailure.Protocol, hello.Error ?? (isServer ? null : FindPlainAnswer(tls.Cipher.Head)) ?? Describe(error));
            await tls.Stream.DisposeAsync().ConfigureAwait(false);
            if (result.Failure == TlsFailure.Protocol)
            {
                // The alert must arrive: an abort would throw it away. A peer that does not take it gives its place up as any that is waited for.
                handshake.BeginWait();
                if (hello.Status == ClientHelloStatus.Malformed)
                {
                    await connection.SendAsync(TlsAlerts.Record(hello.Alert)).ConfigureAwait(false);
                }

                connection.ShutdownSend();
                await connection.FlushToPeerAsync().ConfigureAwait(false);
            }

            return result;
        }
    }

    private static string? FindPlainAnswer(ReadOnlySpan<byte> bytes) =>
        bytes is [] or [>= FirstRecordType and <= LastRecordType, MajorVersion, ..] ? null : $"the server sent bytes that are not TLS, {PlainBytes.Quote(bytes)}; expected a ServerHello";

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

/// <summary>Names the ways in which a handshake fails.</summary>
internal enum TlsFailure
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The peer sent something that is not TLS, or one side refused the other.</summary>
    Protocol,

    /// <summary>The connection ended.</summary>
    Ended,

    /// <summary>There are too many handshakes.</summary>
    TooMany,
}

/// <summary>Represents the outcome of a handshake.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Not compared.")]
internal readonly struct TlsResult
{
    private TlsResult(TlsFailure failure, TransportStatus status, string detail) => (Failure, Status, Detail) = (failure, status, detail);

    public TlsResult(TlsConnection connection) => Connection = connection;

    /// <summary>Gets the connection of plaintext; null if the handshake failed.</summary>
    public TlsConnection? Connection { get; }

    /// <summary>Gets the way in which it failed.</summary>
    public TlsFailure Failure { get; }

    /// <summary>Gets the status with which the connection ended, if that is why; <see cref="TransportStatus.Ok"/> is its FIN.</summary>
    public TransportStatus Status { get; }

    /// <summary>Gets the cause in words, for the log.</summary>
    public string? Detail { get; }

    public static TlsResult Failed(TlsFailure failure, string detail) => new(failure, TransportStatus.Ok, detail);

    /// <summary>Creates the outcome of a handshake whose peer was refused.</summary>
    /// <param name="verdict">The verdict on it.</param>
    /// <param name="peer">The side that it is on.</param>
    public static TlsResult Failed(PeerVerdict verdict, string peer) => new(TlsFailure.Protocol, TransportStatus.Ok, $"the {peer}'s certificate is refused: {verdict.Problem}");

    public static TlsResult Failed(TransportStatus status) => new(TlsFailure.Ended, status, "the connection ended during the TLS handshake");
}
