namespace Linkerd.Tcp.Transport;

/// <summary>Closes connections that may be somebody else's, where what they throw must not stop what comes after.</summary>
internal static class ForeignConnection
{
    /// <summary>Resets a connection and gives it back. Each is done whatever becomes of the other.</summary>
    /// <returns>What it threw first, against its contract; null: nothing.</returns>
    public static async ValueTask<Exception?> ResetAsync(TransportConnection connection)
    {
        var first = TryAbort(connection);
        var second = await CloseAsync(connection).ConfigureAwait(false);
        return first ?? second;
    }

    /// <summary>Gives a connection back.</summary>
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
