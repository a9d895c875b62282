using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Fuzz;

/// <summary>
/// What must hold of a TLS handshake, on either side, whatever the peer sends: it ends, says how, throws nothing, and leaves nothing behind. An input is a byte for the side under test, and what
/// its peer sends from the beginning to the end of the connection.
/// </summary>
internal static class HandshakeChecks
{
    private const int Window = 32 * 1024;
    private const int RecordHeader = 5;
    private static readonly int[] Pieces = [1, 7, 64, 700, 1 << 20];
    private static readonly SslStreamCertificateContext Certificate = SslStreamCertificateContext.Create(MakeCertificate(), null, offline: true);

    private static readonly SslServerAuthenticationOptions Server = MakeServer(wantsClient: false);
    private static readonly SslServerAuthenticationOptions Mutual = MakeServer(wantsClient: true);

    private static readonly SslClientAuthenticationOptions Client = new()
    {
        TargetHost = "a.test",
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
    };

    /// <summary>The side for which a recording is made: bytes of a client are for a server.</summary>
    public static bool IsForServer(byte[] input) => input.Length > 0 && (input[0] & 1) == 0;

    /// <exception cref="FuzzException">The handshake broke its word.</exception>
    public static void Check(byte[] input)
    {
        var choice = Hash(input);
        var flight = input.Length == 0 ? [] : Reordered(input[1..], choice >> 16);
        var executor = new PumpedExecutor();
        var end = (choice & 3) switch { 0 => TransportStatus.Reset, 1 => TransportStatus.TimedOut, _ => TransportStatus.Ok };
        var connection = new FedConnection(executor, flight, Pieces[(choice >> 2) % (uint)Pieces.Length], end);
        var isMutual = ((choice >> 8) & 7) == 0;
        var running = IsForServer(input)
            ? SslStreamSetup.AcceptAsync(connection, Window, _ => isMutual ? Mutual : Server, CancellationToken.None).AsTask()
            : SslStreamSetup.ConnectAsync(connection, Window, Client, CancellationToken.None).AsTask();
        executor.Run();
        Expect(running.IsCompleted, "the handshake waits, and the connection has ended");
        var result = running.GetAwaiter().GetResult();
        Expect((result.Connection is null) == result.Failure is not TlsFailure.None, "a failure with a connection, or a success with none");
        Expect(result.Connection is not null || result.Detail is { Length: > 0 }, "a failure without words");
        Expect(result.Failure != TlsFailure.Protocol || connection.IsFinSent, "the FIN is missing behind the alert");
        Expect(HandshakeLane.Of(executor).UnderWay == 0, "a handshake is left in the lane");
        if (result.Connection is { } encrypted)
        {
            ReadToEnd(encrypted, executor);
        }

        var closing = ForeignConnection.ResetAsync(connection);
        Expect(closing.IsCompletedSuccessfully && closing.Result is null, "the connection cannot be closed");
    }

    private static void ReadToEnd(TransportConnection connection, PumpedExecutor executor)
    {
        for (var reads = 0; ; reads++)
        {
            var receiving = connection.ReceiveAsync().AsTask();
            executor.Run();
            Expect(receiving.IsCompleted && reads < 1000, "a receive waits, and the connection has ended");
            var received = receiving.GetAwaiter().GetResult();
            if (received.Data.IsEmpty)
            {
                return;
            }

            connection.Advance(received.Data.Length);
        }
    }

    /// <summary>
    /// The same with a peer that answers, whose bytes are changed on their way: an input is a byte for the side under test and the version, and the edits (<see cref="LiveConnection"/>). A connection on which
    /// both sides wait is ended by the peer.
    /// </summary>
    /// <exception cref="FuzzException">The handshake broke its word.</exception>
    public static void CheckLive(byte[] input)
    {
        var choice = input.Length == 0 ? 0 : input[0];
        var edits = input.Length == 0 ? [] : input[1..];
        var executor = new PumpedExecutor();
        var connection = new LiveConnection(executor, edits);
        var version = (choice & 2) == 0 ? SslProtocols.Tls13 : SslProtocols.Tls12;
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var running = RunAsync(connection, isServer: (choice & 1) == 0);
            var peer = RunPeerAsync(new SslStream(connection.Peer), isServer: (choice & 1) != 0, version);
            executor.Run();
            connection.End((choice & 4) == 0 ? TransportStatus.Ok : TransportStatus.Reset);
            connection.Peer.ArriveEnd();
            executor.Run();
            Expect(running.IsCompleted && peer.IsCompleted, "somebody waits, and the connection has ended");
            var (failure, received, status) = running.GetAwaiter().GetResult();
            Expect(edits.Length >= 4 || (failure, received, status) == (TlsFailure.None, 4, TransportStatus.Ok), $"nothing is changed, and it is {failure}, {received}, {status}");
            Expect(HandshakeLane.Of(executor).UnderWay == 0, "a handshake is left in the lane");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private static async Task<(TlsFailure Failure, int Received, TransportStatus End)> RunAsync(LiveConnection connection, bool isServer)
    {
        var result = isServer
            ? await SslStreamSetup.AcceptAsync(connection, Window, static _ => Server, CancellationToken.None).ConfigureAwait(false)
            : await SslStreamSetup.ConnectAsync(connection, Window, Client, CancellationToken.None).ConfigureAwait(false);
        if (result.Connection is not { } encrypted)
        {
            Expect(result.Detail is { Length: > 0 }, "a failure without words");
            return (result.Failure, 0, default);
        }

        _ = await encrypted.SendAsync("ping"u8.ToArray()).ConfigureAwait(false);
        encrypted.ShutdownSend();
        for (var total = 0; ;)
        {
            var received = await encrypted.ReceiveAsync().ConfigureAwait(false);
            if (received.Data.IsEmpty)
            {
                await encrypted.DisposeAsync().ConfigureAwait(false);
                return (TlsFailure.None, total, received.Status);
            }

            total += received.Data.Length;
            encrypted.Advance(received.Data.Length);
        }
    }

    private static async Task RunPeerAsync(SslStream peer, bool isServer, SslProtocols version)
    {
        try
        {
            await (isServer
                ? peer.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = Certificate, EnabledSslProtocols = version })
                : peer.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "live.test", EnabledSslProtocols = version, RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null })).ConfigureAwait(false);
            await peer.WriteAsync("pong"u8.ToArray()).ConfigureAwait(false);
            await peer.ShutdownAsync().ConfigureAwait(false);
            var buffer = new byte[256];
            while (await peer.ReadAsync(buffer).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception)
        {
            // Whatever the edits do to it.
        }
        finally
        {
            await peer.DisposeAsync().ConfigureAwait(false);
        }
    }

    // Two records change places, now and then.
    private static byte[] Reordered(byte[] flight, uint choice)
    {
        var records = new List<Range>();
        for (var at = 0; at < flight.Length;)
        {
            var end = at + RecordHeader > flight.Length ? flight.Length : Math.Min(flight.Length, at + RecordHeader + ((flight[at + 3] << 8) | flight[at + 4]));
            records.Add(at..end);
            at = end;
        }

        if (records.Count < 2 || (choice & 7) != 0)
        {
            return flight;
        }

        var (one, other) = ((int)((choice >> 3) % records.Count), (int)((choice >> 8) % records.Count));
        (records[one], records[other]) = (records[other], records[one]);
        return [.. records.SelectMany(range => flight[range])];
    }

    // FNV-1a: the same for the same input, so that a run can be repeated.
    private static uint Hash(byte[] input) => input.Aggregate(2166136261u, static (hash, value) => unchecked((hash ^ value) * 16777619u));

    private static SslServerAuthenticationOptions MakeServer(bool wantsClient) => new()
    {
        ServerCertificateContext = Certificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = wantsClient,
        AllowTlsResume = !wantsClient,
        RemoteCertificateValidationCallback = wantsClient ? static (_, certificate, _, _) => certificate is not null : null,
        ApplicationProtocols = wantsClient ? [SslApplicationProtocol.Http2] : null,
    };

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a.test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise);
        }
    }

    /// <summary>A loop of one thread that runs when it is told to.</summary>
    private sealed class PumpedExecutor : TransportExecutor
    {
        private readonly Queue<(Action<object?> Action, object? State)> _posted = new();

        public override TimeProvider TimeProvider => TimeProvider.System;

        public override bool IsCurrent => true;

        public override void Post(Action<object?> action, object? state) => _posted.Enqueue((action, state));

        public void Run()
        {
            while (_posted.TryDequeue(out var posted))
            {
                posted.Action(posted.State);
            }
        }
    }
}
