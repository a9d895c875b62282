using System.Collections.Immutable;

namespace Linkerd.Tcp.Naming.Trees;

/// <summary>Hash codes of sequences that are compared item by item.</summary>
internal static class HashOf
{
    public static int Items<T>(ImmutableArray<T> items)
    {
        var hash = default(HashCode);
        foreach (var item in items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }
}
