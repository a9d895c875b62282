using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Runs a handshake by libssl over a connection of an event loop, and puts a layer under the connection.</summary>
/// <param name="side">The side of the handshake.</param>
internal sealed class OpenSslSetup(OpenSslSide side) : TlsSetup
{
    // As many bytes as a message quotes.
    private const int HeadLength = 24;

    /// <inheritdoc/>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The layer owns the session.")]
    public override async ValueTask<TlsResult> RunAsync(
        TransportConnection connection, int windowSize, HandshakeLane.Handshake handshake, ClientHelloResult? hello, CancellationToken cancellationToken)
    {
        var socket = (EpollConnection)connection;
        OpenSslSession? session = null;
        TlsResult result;
        try
        {
            session = new OpenSslSession(side, OpenSslMemory.Of(connection.Executor));
            result = await RunAsync(socket, session, handshake, hello).ConfigureAwait(false);
            if (result.Connection is not null)
            {
                return result;
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            result = TlsResult.Failed(TlsFailure.Protocol, error.Message);
        }

        session?.Dispose();
        if (result.Failure == TlsFailure.Protocol)
        {
            // OpenSSL has written its alert, if it has one for the failure.
            await TlsHandshake.EndAsync(connection, handshake, refused: null).ConfigureAwait(false);
        }

        return result;
    }

    private static async ValueTask<TlsResult> RunAsync(EpollConnection connection, OpenSslSession session, HandshakeLane.Handshake handshake, ClientHelloResult? hello)
    {
        string? plainAnswer = null;
        var isFirst = true;

        // A client begins, and a server has the hello.
        var input = hello is null ? ReadOnlyMemory<byte>.Empty : (await connection.ReceiveAsync().ConfigureAwait(false)).Data;
        while (!connection.IsClosed)
        {
            if (hello is null && isFirst && !input.IsEmpty)
            {
                isFirst = false;
                plainAnswer = TlsHandshake.FindPlainAnswer(input.Span[..Math.Min(HeadLength, input.Length)]);
            }

            var status = Step(session, input.Span, out var consumed);
            var layer = status == OpenSslStatus.Complete
                ? new OpenSslLayer(connection, session, DetailsOf(session), input.Span[consumed..], session.Memory.Output.Span) : null;
            if (!input.IsEmpty)
            {
                // What the handshake has left is the layer's; a step that needs room goes on with it.
                connection.Advance(status == OpenSslStatus.NeedsRoom ? consumed : input.Length);
            }

            if (layer is not null && !connection.IsClosed)
            {
                connection.PutLayer(layer);
                if (!session.EndsWithTickets)
                {
                    connection.FlushLayerLater();
                }

                return new(connection, layer);
            }

            if (!session.Memory.Output.IsEmpty && await SendAsync(connection, session, handshake).ConfigureAwait(false) is var sent and not TransportStatus.Ok && status != OpenSslStatus.Failed)
            {
                return handshake.IsEvicted ? TlsHandshake.Evicted : TlsResult.Failed(sent);
            }

            if (status == OpenSslStatus.Failed)
            {
                return handshake.IsEvicted ? TlsHandshake.Evicted : TlsResult.Failed(TlsFailure.Protocol, hello?.Error ?? plainAnswer ?? session.Error!);
            }

            if (status == OpenSslStatus.NeedsInput)
            {
                // Without a buffer, and with the bytes that have come when it is its turn.
                var waiting = ((IDirectReceiver)connection).WaitAsync();
                handshake.BeginWait();
                await waiting.ConfigureAwait(false);
                handshake.EndWait();
                await handshake.Turn();
                var received = await connection.ReceiveAsync().ConfigureAwait(false);
                if (received.Data.IsEmpty)
                {
                    return handshake.IsEvicted ? TlsHandshake.Evicted : TlsResult.Failed(received.Status);
                }

                input = received.Data;
            }
            else
            {
                input = connection.UnreadBytes == 0 ? default : (await connection.ReceiveAsync().ConfigureAwait(false)).Data;
            }
        }

        return handshake.IsEvicted ? TlsHandshake.Evicted : TlsResult.Failed(TransportStatus.Aborted);
    }

    /// <summary>Goes on with the handshake of a session. Its output is in the memory of the loop.</summary>
    /// <param name="session">The session.</param>
    /// <param name="input">Bytes of the peer.</param>
    /// <param name="consumed">The number of them that OpenSSL has taken.</param>
    internal static unsafe OpenSslStatus Step(OpenSslSession session, ReadOnlySpan<byte> input, out int consumed)
    {
        var window = session.Memory.Window;
        fixed (byte* start = input)
        {
            window->Begin(start, input.Length);
            var status = session.ProcessHandshake();
            consumed = input.Length - (int)window->InputLength;
            window->InputLength = 0;
            return status;
        }
    }

    internal static TlsDetails DetailsOf(OpenSslSession session)
    {
        using var certificate = session.Side.IsServer && session.ExportPeerCertificate() is { } content ? X509CertificateLoader.LoadCertificate(content) : null;
        return new(session.Version, session.CipherSuite, session.ApplicationProtocol, certificate);
    }

    // The connection copies what the kernel does not take. A peer that takes nothing gives its place up, as any that is waited for.
    private static async ValueTask<TransportStatus> SendAsync(EpollConnection connection, OpenSslSession session, HandshakeLane.Handshake handshake)
    {
        var sending = connection.SendAsync(session.Memory.Output);
        if (sending.IsCompleted)
        {
            return sending.Result;
        }

        handshake.BeginWait();
        var status = await sending.ConfigureAwait(false);
        handshake.EndWait();
        return status;
    }
}
