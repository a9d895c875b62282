using System.Globalization;
using System.Net;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.OpenSsl;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Fuzz.OpenSsl;

/// <summary>
/// Runs many short sessions of TLS by libssl over loopback, with both ends in this process: a handshake, resumed nine times of ten, an echo of 64 bytes, and the ends of both streams. One of eight is aborted, in
/// each phase in turn. Memory, descriptors and objects of OpenSSL are printed, and must not grow.
/// </summary>
internal sealed class SessionsCommand(OpenSslParties parties) : IConnectionHandler
{
    private const int Window = 16 * 1024;
    private const int Clients = 16;
    private const int Phases = 5;
    private static readonly byte[] Message = new byte[64];

    private long _begun;
    private long _whole;
    private long _aborted;

    /// <param name="count">The number of sessions.</param>
    /// <param name="step">The number of sessions between two lines.</param>
    public static async Task<int> RunAsync(long count, long step)
    {
        OpenSslCounts.Start();
        await using var transport = new EpollTransport(new TransportOptions { Loops = 1 });
        var listening = new List<(SessionsCommand Command, EndPoint Address)>();
        foreach (var version in new[] { TlsVersion.Tls13, TlsVersion.Tls12 })
        {
            var command = new SessionsCommand(new OpenSslParties(version, isMutual: false));
            var listener = await transport.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, CancellationToken.None).ConfigureAwait(false);
            listener.Start(command);
            listening.Add((command, listener.LocalEndPoint));
        }

        for (long done = 0; done < count; done += step)
        {
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
            {
                for (long i = client; i < step; i += Clients)
                {
                    // One of eight is of TLS 1.2.
                    var (command, address) = listening[(i / Clients) % 8 == 7 ? 1 : 0];
                    await command.ConnectAsync(transport, address).ConfigureAwait(false);
                }
            })).ConfigureAwait(false);
            Print(done + step, System.Diagnostics.Stopwatch.GetElapsedTime(started), step, listening.Select(static entry => entry.Command).ToList());
        }

        return 0;
    }

    public void OnAccepted(TransportConnection connection) => _ = EchoAsync(connection);

    public void OnAcceptFailed(TransportException error, TimeSpan retryAfter) => Console.Error.WriteLine(error.Message);

    private static void Print(long done, TimeSpan took, long step, List<SessionsCommand> commands) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{done} sessions ({step / took.TotalSeconds:0}/s; whole {commands.Sum(static c => c._whole)}, aborted {commands.Sum(static c => c._aborted)}): managed {GC.GetTotalMemory(forceFullCollection: true) / 1024} KiB, RSS {Environment.WorkingSet / 1024} KiB, {Directory.GetFiles("/proc/self/fd").Length} descriptors, {OpenSslCounts.Ssls} SSLs, {OpenSslCounts.Contexts} SSL_CTXs, {OpenSslCounts.Sessions} SSL_SESSIONs"));

    private async Task EchoAsync(TransportConnection connection)
    {
        var result = await TlsHandshake.AcceptAsync(connection, Window, _ => new OpenSslSetup(parties.ServerSide()), CancellationToken.None).ConfigureAwait(false);
        if (result.Connection is null)
        {
            connection.Abort();
        }
        else
        {
            while (true)
            {
                var received = await connection.ReceiveAsync().ConfigureAwait(false);
                if (received.Data.IsEmpty)
                {
                    if (received.Status == TransportStatus.Ok)
                    {
                        connection.ShutdownSend();
                    }
                    else
                    {
                        connection.Abort();
                    }

                    break;
                }

                _ = await connection.SendAsync(received.Data).ConfigureAwait(false);
                connection.Advance(received.Data.Length);
            }
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ConnectAsync(EpollTransport transport, EndPoint address)
    {
        var number = Interlocked.Increment(ref _begun);
        var abortsIn = number % 8 == 0 ? number / 8 % Phases : Phases;
        var connected = await transport.ConnectAsync(address, new TransportConnectOptions(), CancellationToken.None).ConfigureAwait(false);
        if (connected.Connection is not { } connection)
        {
            throw new FuzzException($"a connect fails: {connected.Detail}");
        }

        await connection.Executor.Resume();
        var isOver = await RunAsync(connection, abortsIn, isResumed: number % 10 != 0).ConfigureAwait(false);
        if (!isOver)
        {
            connection.Abort();
        }

        Interlocked.Increment(ref isOver ? ref _whole : ref _aborted);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    // False if the session is to be aborted.
    private async Task<bool> RunAsync(TransportConnection connection, long abortsIn, bool isResumed)
    {
        if (abortsIn == 0)
        {
            return false;
        }

        if (abortsIn == 1)
        {
            // A part of a ClientHello.
            _ = await connection.SendAsync(new byte[] { 0x16, 3, 1, 1, 0, 1 }).ConfigureAwait(false);
            return false;
        }

        OpenSslSetup setup = new(parties.ClientSide(isResumed));
        var handshake = TlsHandshake.ConnectAsync(connection, Window, setup, CancellationToken.None);
        if (abortsIn == 2)
        {
            connection.Abort();
            _ = await handshake.ConfigureAwait(false);
            return false;
        }

        var result = await handshake.ConfigureAwait(false);
        Expect(result.Connection is not null, result.Detail);
        if (abortsIn == 3)
        {
            return false;
        }

        Expect(await connection.SendAsync(Message).ConfigureAwait(false) == TransportStatus.Ok, "a send fails");
        if (abortsIn == 4)
        {
            return false;
        }

        for (var total = 0; total < Message.Length;)
        {
            var received = await connection.ReceiveAsync().ConfigureAwait(false);
            Expect(!received.Data.IsEmpty, $"the echo ends: {received.Status}");
            total += received.Data.Length;
            connection.Advance(received.Data.Length);
        }

        connection.ShutdownSend();
        var end = await connection.ReceiveAsync().ConfigureAwait(false);
        Expect(end is { Data.IsEmpty: true, Status: TransportStatus.Ok }, $"the end is {end.Status}");
        return true;
    }

    private static void Expect(bool condition, string? otherwise)
    {
        if (!condition)
        {
            throw new FuzzException(otherwise ?? "no reason");
        }
    }
}
