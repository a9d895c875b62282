using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.TestUtilities;

public static class RandomExtensions
{
    /// <summary>64 random bits; of a seeded generator, the next of its sequence.</summary>
    public static ulong NextUInt64(this Random random) => RandomSource.Of(random).NextUInt64();
}
