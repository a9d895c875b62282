using System.Net;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport;

/// <summary>
/// Hands accepted connections to the handler of a listener, which may be user code: if it throws it has not taken the connection, so it is closed here
/// and its place given back. Any thread.
/// </summary>
internal sealed class ConnectionHandOut(IConnectionHandler handler, ConnectionLimit? limit, EndPoint listener, ILogger logger, TimeProvider timeProvider)
{
    // Every client can cause it.
    private readonly RepeatFilter _filter = new(timeProvider);

    /// <summary>Hands a connection out. On the connection's executor.</summary>
    public void HandOut(TransportConnection connection)
    {
        try
        {
            handler.OnAccepted(connection);
        }
        catch (Exception error)
        {
            if (_filter.TryPass(out var suppressed))
            {
                TransportLog.AcceptHandlerThrew(logger, error, listener, suppressed);
            }

            _ = CloseAsync(connection);
        }
    }

    public void TellFailure(TransportException failure, TimeSpan retryAfter)
    {
        try
        {
            handler.OnAcceptFailed(failure, retryAfter);
        }
        catch (Exception error)
        {
            TransportLog.AcceptFailedHandlerThrew(logger, error, listener);
        }
    }

    private async Task CloseAsync(TransportConnection connection)
    {
        connection.Abort();
        await connection.DisposeAsync().ConfigureAwait(false);
        limit?.Release();
    }
}
