using System.Net;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Orders addresses by their bytes, IPv4 first, then by port, so that equal sets print alike.</summary>
internal sealed class EndPointOrder : IComparer<EndPoint>
{
    public static EndPointOrder Instance { get; } = new();

    public int Compare(EndPoint? x, EndPoint? y)
    {
        if (x is not IPEndPoint a || y is not IPEndPoint b)
        {
            return string.CompareOrdinal(x?.ToString(), y?.ToString());
        }

        var (left, right) = (a.Address.GetAddressBytes(), b.Address.GetAddressBytes());
        var order = left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.AsSpan().SequenceCompareTo(right);
        return order != 0 ? order : a.Port.CompareTo(b.Port);
    }
}
