using System.Net;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>The sets that are balanced over.</summary>
internal static class Sets
{
    public static EndPoint Address(int number) => new IPEndPoint(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 80);

    /// <summary>Endpoints of equal weight, or of weights 1 to 10.</summary>
    public static EndpointSet Of(int count, bool skewed, int first = 0) =>
        EndpointSet.Create(Enumerable.Range(first, count).Select(i => new WeightedAddress(Address(i), skewed ? 1 + (i % 10) : 1)));
}
