using Linkerd.Tcp.Security.Hello;

namespace Linkerd.Tcp.Security.Handshakes;

/// <summary>Ends the connection of a peer that is refused before there is TLS, so that the reason arrives: an abort would throw it away.</summary>
internal static class TlsRefusal
{
    /// <summary>Sends an alert and the FIN, and waits until the peer has acknowledged them. The caller disposes the connection, and aborts it if that takes too long.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="alert">The alert; null for none.</param>
    public static async ValueTask EndAsync(TransportConnection connection, TlsAlert? alert)
    {
        if (alert is { } value)
        {
            await connection.SendAsync(TlsAlerts.Record(value)).ConfigureAwait(false);
        }

        connection.ShutdownSend();
        await connection.FlushToPeerAsync().ConfigureAwait(false);
    }

    /// <summary>As <see cref="EndAsync"/>, and disposes the connection.</summary>
    /// <inheritdoc cref="EndAsync"/>
    public static async ValueTask CloseAsync(TransportConnection connection, TlsAlert? alert)
    {
        await connection.Executor.Resume();
        await EndAsync(connection, alert).ConfigureAwait(false);
        await connection.Executor.Resume();
        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
