namespace Linkerd.Tcp.Diagnostics;

/// <summary>Bytes received from and sent to each side.</summary>
internal readonly record struct ByteTotals(long FromClient, long ToClient, long FromServer, long ToServer)
{
    /// <summary>Bytes that were received from the client, and never taken by the server's kernel. Of sessions that have ended; in others they may be on their way.</summary>
    public long DiscardedFromClient => FromClient - ToServer;

    /// <inheritdoc cref="DiscardedFromClient"/>
    public long DiscardedFromServer => FromServer - ToClient;

    public static ByteTotals operator +(ByteTotals left, ByteTotals right) =>
        new(left.FromClient + right.FromClient, left.ToClient + right.ToClient, left.FromServer + right.FromServer, left.ToServer + right.ToServer);
}
