namespace Linkerd.Tcp.Transport;

/// <summary>Closes connections that may be user code, whose exceptions must not stop the steps that follow.</summary>
internal static class ForeignConnection
{
    /// <summary>Resets a connection and disposes it. Each step is done whatever the result of the other.</summary>
    /// <returns>The first exception, thrown against the contract; null if there was none.</returns>
    public static async ValueTask<Exception?> ResetAsync(TransportConnection connection)
    {
        var first = TryAbort(connection);
        var second = await CloseAsync(connection).ConfigureAwait(false);
        return first ?? second;
    }

    /// <summary>Disposes a connection.</summary>
    /// <inheritdoc cref="ResetAsync"/>
    public static async ValueTask<Exception?> CloseAsync(TransportConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    /// <summary>Resets a connection.</summary>
    /// <inheritdoc cref="ResetAsync"/>
    public static Exception? TryAbort(TransportConnection connection)
    {
        try
        {
            connection.Abort();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }
}
