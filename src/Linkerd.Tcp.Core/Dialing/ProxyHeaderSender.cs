using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing;

/// <summary>Sends the PROXY header of a destination's connections, each the one of its client. Any thread.</summary>
/// <param name="options">The contents of the header.</param>
/// <param name="random">The source of the common part of unique ids.</param>
internal sealed class ProxyHeaderSender(SendProxyOptions options, IRandomSource random)
{
    // As a name of the DNS, and as ALPN's length byte (RFC 7301). So a header always fits an empty send buffer, and does not wait for the server.
    private const int MaxFieldLength = 255;

    private readonly ulong _prefix = random.NextUInt64();

    /// <summary>Sends the header on a connection that was just made, whose other side may send first. Throws only the exceptions that the connection throws against its contract.</summary>
    /// <param name="connection">The connection. It is closed if the result has none.</param>
    /// <param name="client">The client for which it was made; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, or the reason why there is none any more.</returns>
    public async ValueTask<ConnectResult> SendAsync(TransportConnection connection, IClientContext? client, CancellationToken cancellationToken)
    {
        try
        {
            await connection.Executor.Resume();
            var sending = StartSend(connection, HeaderOf(client));
            TransportStatus status;
            using (sending.IsCompleted ? default : cancellationToken.UnsafeRegister(static connection => ForeignConnection.TryAbort((TransportConnection)connection!), connection))
            {
                status = await sending.ConfigureAwait(false);
            }

            if (status == TransportStatus.Ok)
            {
                return ConnectResult.Connected(connection);
            }

            await connection.Executor.Resume();
            connection.Abort();
            await connection.DisposeAsync().ConfigureAwait(false);
            return ConnectResult.Failed(
                status == TransportStatus.Reset ? ConnectFailure.Reset
                : status == TransportStatus.TimedOut ? ConnectFailure.TimedOut
                : cancellationToken.IsCancellationRequested ? ConnectFailure.Cancelled : ConnectFailure.Other,
                $"the connection ended before the PROXY header was sent: {status}");
        }
        catch
        {
            await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Creates the header of a client.</summary>
    public ProxyHeader HeaderOf(IClientContext? client)
    {
        // AF_UNIX would be right for two Unix-domain sockets, and HAProxy 2.6 closes a connection that begins with it.
        if (client is not { Client: IPEndPoint source, Local: IPEndPoint destination })
        {
            return ProxyHeader.Local;
        }

        var fields = new ProxyTlv[3];
        var count = 0;
        if (options.Version == ProxyProtocolVersion.V2)
        {
            Add(ProxyTlvType.Alpn, options.Alpn && client.ApplicationProtocol is { } alpn ? Encoding.Latin1.GetBytes(alpn) : default(ReadOnlyMemory<byte>));
            Add(ProxyTlvType.Authority, options.Authority && client.ServerName is { } name ? Encoding.UTF8.GetBytes(name) : default(ReadOnlyMemory<byte>));
            Add(ProxyTlvType.UniqueId, options.UniqueId ? UniqueIdOf(client) : default);
        }

        return new ProxyHeader(source, destination, fields.AsSpan(0, count));

        void Add(ProxyTlvType type, ReadOnlyMemory<byte> value)
        {
            if (value.Length is > 0 and <= MaxFieldLength)
            {
                fields[count++] = new ProxyTlv(type, value);
            }
        }
    }

    private ValueTask<TransportStatus> StartSend(TransportConnection connection, ProxyHeader header)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(header.GetMaxLength(options.Version));
        try
        {
            return connection.SendAsync(buffer.AsMemory(0, header.Write(buffer, options.Version, options.Checksum)));
        }
        finally
        {
            // The bytes that are not sent yet were copied.
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ReadOnlyMemory<byte> UniqueIdOf(IClientContext client) => client.UniqueId is { IsEmpty: false } given
        ? given
        : Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_prefix:x16}-{client.Id}"));
}
