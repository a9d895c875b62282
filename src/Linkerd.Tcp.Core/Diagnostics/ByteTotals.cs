namespace Linkerd.Tcp;

/// <summary>Bytes received from and sent to each side.</summary>
internal readonly record struct ByteTotals(long FromClient, long ToClient, long FromServer, long ToServer)
{
    public static ByteTotals operator +(ByteTotals left, ByteTotals right) =>
        new(left.FromClient + right.FromClient, left.ToClient + right.ToClient, left.FromServer + right.FromServer, left.ToServer + right.ToServer);
}
