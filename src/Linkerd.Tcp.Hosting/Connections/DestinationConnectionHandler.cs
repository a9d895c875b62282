using Linkerd.Tcp.Routing;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Proxies connections of Kestrel, or of another server of Connections.Abstractions, to a destination. Best effort: Kestrel cannot half-close, so that a client that has sent its FIN is closed as a whole, and
/// may miss the end of an answer; a RST of one side is a RST of the other only as far as the server can send one. A <see cref="ProxyHost"/> has neither limit. Any thread.
/// </summary>
/// <param name="destination">The destination.</param>
/// <param name="options">The limits of the copy. Default: those of <see cref="DuplexOptions"/>.</param>
/// <param name="loggerFactory">The factory of loggers. Default: nothing is logged.</param>
public sealed partial class DestinationConnectionHandler(Destination destination, DuplexOptions? options = null, ILoggerFactory? loggerFactory = null) : ConnectionHandler
{
    private readonly DuplexProxy _proxy = new(options ?? new DuplexOptions());
    private readonly ILogger _logger = (loggerFactory ?? Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance).CreateLogger("Linkerd.Tcp.Hosting");

    /// <inheritdoc/>
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        BalancedConnection server;
        try
        {
            server = await destination.ConnectAsync(connection.ConnectionClosed).ConfigureAwait(false);
        }
        catch (ConnectException error)
        {
            Log.NoServer(_logger, connection.ConnectionId, destination.Name, error.Message);
            connection.Abort(new ConnectionAbortedException(error.Message, error));
            return;
        }
        catch (OperationCanceledException) when (connection.ConnectionClosed.IsCancellationRequested)
        {
            return;
        }

        await using (server.ConfigureAwait(false))
        {
            await _proxy.RunAsync(TransportConnection.From(connection.Transport, loggerFactory: loggerFactory), server.Connection).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8520, LogLevel.Warning, "connection {Connection} has no server of {Destination}: {Problem}", EventName = "HandledConnectionRefused")]
        public static partial void NoServer(ILogger logger, string connection, DstPath destination, string problem);
    }
}
