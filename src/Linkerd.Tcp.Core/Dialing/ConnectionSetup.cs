using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing;

/// <summary>
/// The steps on each server connection of a destination before its first byte of a session: the PROXY header, an SSLRequest of PostgreSQL, the TLS handshake. Any thread.
/// </summary>
/// <param name="header">Sends the header; null if there is none.</param>
/// <param name="tls">Runs the handshake; null if there is none.</param>
internal sealed class ConnectionSetup(ProxyHeaderSender? header, TlsConnector? tls)
{
    /// <summary>Gets the steps of a destination without any of its own: those that clients need.</summary>
    public static ConnectionSetup None { get; } = new(null, null);

    /// <summary>Returns true if an SSLRequest of PostgreSQL is sent: a server waits for the one that the client has sent to the proxy.</summary>
    /// <param name="client">The client that the connection is for; null if it is for none.</param>
    public bool SendsPostgresRequest(IClientContext? client) => tls is null ? client is { HasAskedForTls: true, HasOwnTls: true } : tls.UsesPostgresRequest || client is { HasAskedForTls: true };

    /// <summary>Runs the steps. Throws only the exceptions that the connection throws against its contract.</summary>
    /// <param name="connection">The connection. It is closed if the result has none.</param>
    /// <param name="client">The client that it is for; null if it is for none.</param>
    /// <param name="metadata">The metadata of the endpoint; null if it has none.</param>
    /// <param name="windowSize">The most that one receive of the result hands out, in bytes.</param>
    /// <param name="timeout">The time that the steps have.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<ConnectResult> RunAsync(
        TransportConnection connection, IClientContext? client, EndpointMetadata? metadata, int windowSize, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var result = header is null ? ConnectResult.Connected(connection) : await header.SendAsync(connection, client, cancellationToken).ConfigureAwait(false);
        if (result.Connection is { } asking && SendsPostgresRequest(client))
        {
            var clock = asking.Executor.TimeProvider;
            var startedAt = clock.GetTimestamp();
            result = await new PostgresRequestSender(asking).RunAsync(timeout, cancellationToken).ConfigureAwait(false);
            var left = timeout - clock.GetElapsedTime(startedAt);
            timeout = timeout == Timeout.InfiniteTimeSpan ? timeout : left > TimeSpan.Zero ? left : TransportTimer.LateMoment;
        }

        return tls is null || result.Connection is not { } ready
            ? result
            : await tls.ConnectAsync(ready, metadata, client?.ServerName, client?.ApplicationProtocol, windowSize, timeout, cancellationToken).ConfigureAwait(false);
    }
}
