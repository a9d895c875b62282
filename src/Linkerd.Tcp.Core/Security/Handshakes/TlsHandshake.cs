using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security.Handshakes;

/// <summary>Makes a connection of plaintext from a connection: the TLS handshake, on the connection's executor.</summary>
internal static class TlsHandshake
{
    // Of change_cipher_spec and of application_data (RFC 8446, section 5.1).
    private const byte FirstRecordType = 20;
    private const byte LastRecordType = 23;
    private const byte MajorVersion = 3;

    internal static TlsResult Evicted => TlsResult.Failed(TlsFailure.TooMany, "too many TLS handshakes are under way, and this one has waited longest for its peer");

    /// <summary>
    /// Runs the handshake as the server. Requests of PostgreSQL for encryption are answered. The ClientHello is read first, and left to be received: a connection that sends none costs no more than one without TLS, and a name in a hello that was cut
    /// into many records is seen, which SslStream does not.
    /// </summary>
    /// <param name="connection">The connection, which belongs to the result if there is one, and otherwise to the caller.</param>
    /// <param name="windowSize">The most that one receive of the result hands out, in bytes.</param>
    /// <param name="select">Chooses the setup for a ClientHello; null: one that cannot be read, which is refused.</param>
    /// <param name="cancellationToken">Gives up. The caller aborts the connection at the same time, as nothing else ends an operation of it.</param>
    public static async ValueTask<TlsResult> AcceptAsync(TransportConnection connection, int windowSize, Func<ClientHello?, TlsSetup> select, CancellationToken cancellationToken)
    {
        await connection.Executor.Resume();
        using var handshake = TryBegin(connection);
        if (handshake is null)
        {
            return TlsResult.Failed(TlsFailure.TooMany, "too many TLS handshakes are under way");
        }

        var reader = default(GreetingReader);
        GreetingResult greeting;
        while (true)
        {
            var receiving = connection.ReceiveAsync();
            handshake.BeginWait();
            var received = await receiving.ConfigureAwait(false);
            handshake.EndWait();
            if (received.Data.IsEmpty)
            {
                return handshake.IsEvicted ? Evicted : TlsResult.Failed(received.Status);
            }

            greeting = reader.Read(received.Data.Span);
            if (greeting.Answer != 0)
            {
                connection.Advance(GreetingResult.RequestLength);
                if (await connection.SendAsync(new[] { greeting.Answer }).ConfigureAwait(false) is var status and not TransportStatus.Ok)
                {
                    return TlsResult.Failed(status);
                }
            }
            else if (greeting.Violation is null && greeting.Hello.Status == ClientHelloStatus.NeedsMore)
            {
                connection.Advance(0);
            }
            else
            {
                break;
            }
        }

        var hello = greeting.Hello;
        if (greeting.Violation is not null || hello.Status == ClientHelloStatus.NotTls || hello.Alert == TlsAlert.RecordOverflow)
        {
            // SslStream would wait for all of a record that is too long.
            await EndAsync(connection, handshake, hello).ConfigureAwait(false);
            return TlsResult.Failed(TlsFailure.Protocol, greeting.Violation ?? hello.Error!);
        }

        // The first step is a server's answer.
        await handshake.Turn();
        var result = await select(hello.Hello).RunAsync(connection, windowSize, handshake, hello, cancellationToken).ConfigureAwait(false);
        if (result.Tls is { } tls)
        {
            tls.ServerName = hello.Hello?.ServerName;
            tls.HasAskedForTls = reader.HasAskedForTls;
        }

        return result;
    }

    /// <summary>Runs the handshake as the client.</summary>
    /// <param name="connection">The connection, which belongs to the result if there is one, and otherwise to the caller.</param>
    /// <param name="windowSize">The most that one receive of the result hands out, in bytes.</param>
    /// <param name="setup">The setup.</param>
    /// <param name="cancellationToken">Gives up. The caller aborts the connection at the same time, as nothing else ends an operation of it.</param>
    public static async ValueTask<TlsResult> ConnectAsync(TransportConnection connection, int windowSize, TlsSetup setup, CancellationToken cancellationToken)
    {
        await connection.Executor.Resume();
        using var handshake = TryBegin(connection);
        if (handshake is null)
        {
            return TlsResult.Failed(TlsFailure.TooMany, "too many TLS handshakes are under way");
        }

        // The first step is a client's key share.
        await handshake.Turn();
        return await setup.RunAsync(connection, windowSize, handshake, null, cancellationToken).ConfigureAwait(false);
    }

    private static HandshakeLane.Handshake? TryBegin(TransportConnection connection) => HandshakeLane.Of(connection.Executor).TryBegin(() => ForeignConnection.TryAbort(connection));

    // A peer that does not take the alert gives its place up, as any that is waited for.
    internal static ValueTask EndAsync(TransportConnection connection, HandshakeLane.Handshake handshake, ClientHelloResult? refused)
    {
        handshake.BeginWait();
        return TlsRefusal.EndAsync(connection, refused is { Status: ClientHelloStatus.Malformed, Alert: var alert } ? alert : null);
    }

    internal static string? FindPlainAnswer(ReadOnlySpan<byte> bytes) =>
        bytes is [] or [>= FirstRecordType and <= LastRecordType, MajorVersion, ..] ? null : $"the server sent bytes that are not TLS, {PlainBytes.Quote(bytes)}; expected a ServerHello";
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
    private readonly PeerFailure _peer;

    private TlsResult(TlsFailure failure, TransportStatus status, string detail, PeerFailure peer = PeerFailure.None) => (Failure, Status, Detail, _peer) = (failure, status, detail, peer);

    /// <param name="connection">The connection of plaintext.</param>
    /// <param name="tls">Its TLS.</param>
    public TlsResult(TransportConnection connection, ITlsSession tls) => (Connection, Tls) = (connection, tls);

    /// <summary>Gets the connection of plaintext; null if the handshake failed.</summary>
    public TransportConnection? Connection { get; }

    /// <summary>Gets the TLS of the connection; null if the handshake failed.</summary>
    public ITlsSession? Tls { get; }

    /// <summary>Gets a value that indicates whether a session was resumed; null if the provider does not tell.</summary>
    public bool? IsResumed { get; init; }

    /// <summary>Gets the way in which it failed.</summary>
    public TlsFailure Failure { get; }

    /// <summary>Gets the status with which the connection ended, if that is why; <see cref="TransportStatus.Ok"/> is its FIN.</summary>
    public TransportStatus Status { get; }

    /// <summary>Gets the cause in the word of the metric. Meaningless if the handshake succeeded.</summary>
    public string Cause => (_peer, Failure) switch
    {
        (PeerFailure.WrongName, _) => "name",
        (not PeerFailure.None, _) => "certificate",
        (_, TlsFailure.TooMany) => "too_many",
        (_, TlsFailure.Protocol) => "protocol",
        _ => "closed",
    };

    /// <summary>Gets the cause in words, for the log.</summary>
    public string? Detail { get; }

    public static TlsResult Failed(TlsFailure failure, string detail) => new(failure, TransportStatus.Ok, detail);

    /// <summary>Creates the outcome of a handshake whose peer was refused.</summary>
    /// <param name="verdict">The verdict on it.</param>
    /// <param name="peer">The side that it is on.</param>
    public static TlsResult Failed(PeerVerdict verdict, string peer) => new(TlsFailure.Protocol, TransportStatus.Ok, $"the {peer}'s certificate is refused: {verdict.Problem}", verdict.Failure);

    public static TlsResult Failed(TransportStatus status) => new(TlsFailure.Ended, status, "the connection ended during the TLS handshake");
}
