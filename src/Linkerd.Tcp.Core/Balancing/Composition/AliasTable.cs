using System.Buffers;

namespace Linkerd.Tcp.Balancing.Composition;

/// <summary>
/// Draws indices in proportion to weights, each in constant time, after A. J. Walker (1977) as M. D. Vose (1991) builds it.
/// Immutable; any thread.
/// </summary>
internal sealed class AliasTable
{
    private readonly Entry[] _entries;

    /// <summary>Creates a table; linear in the number of weights.</summary>
    /// <param name="weights">At least one; each finite and more than 0. Only ratios matter, and any ratio will do.</param>
    public AliasTable(ReadOnlySpan<double> weights)
    {
        _entries = new Entry[weights.Length];
        var scaled = ArrayPool<double>.Shared.Rent(weights.Length);
        var work = ArrayPool<int>.Shared.Rent(weights.Length);
        Scale(weights, scaled);
        Fill(scaled, work);
        ArrayPool<double>.Shared.Return(scaled);
        ArrayPool<int>.Shared.Return(work);
    }

    /// <summary>Gets the index for 64 random bits.</summary>
    public int Draw(ulong bits)
    {
        // The product's upper half is the index, its lower half the rest of the draw: one draw does for both.
        var entries = _entries;
        var index = (int)Math.BigMul(bits, (ulong)entries.Length, out var fraction);
        var (threshold, alias) = entries[index];
        return fraction < threshold ? index : alias;
    }

    /// <summary>Creates the table of a group; null if all weights are equal, so that none is needed.</summary>
    public static AliasTable? Of(ReadOnlySpan<GroupMember> members)
    {
        var weights = new double[members.Length];
        var isEqual = true;
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = members[i].Weight;
            isEqual &= weights[i] == weights[0];
        }

        return isEqual ? null : new AliasTable(weights);
    }

    /// <summary>
    /// A second draw from the bits of the first, cheaper than one more from the source: the rest of the first beside its index is more
    /// than enough to be independent of it. Multiplied so that the upper bits, which decide the index, depend on all of them.
    /// </summary>
    public static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93;
        return bits ^ (bits >> 32);
    }

    // By the greatest first: a sum of weights near the end of the range would overflow.
    private static void Scale(ReadOnlySpan<double> weights, double[] scaled)
    {
        var greatest = 0.0;
        foreach (var weight in weights)
        {
            greatest = Math.Max(greatest, weight);
        }

        var sum = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            sum += scaled[i] = weights[i] / greatest;
        }

        for (var i = 0; i < weights.Length; i++)
        {
            scaled[i] *= weights.Length / sum;
        }
    }

    // Each entry with less than the average is filled up from one with more. Those waiting with less stand at the front of the
    // work list, those with more at its end.
    private void Fill(double[] scaled, int[] work)
    {
        var less = 0;
        var more = _entries.Length;
        for (var i = 0; i < _entries.Length; i++)
        {
            work[scaled[i] < 1 ? less++ : --more] = i;
        }

        while (less > 0 && more < _entries.Length)
        {
            var small = work[--less];
            var large = work[more];
            _entries[small] = new Entry(Threshold(scaled[small]), large);
            scaled[large] -= 1 - scaled[small];
            if (scaled[large] < 1)
            {
                more++;
                work[less++] = large;
            }
        }

        // The rest has the average, but for rounding.
        while (less > 0)
        {
            var index = work[--less];
            _entries[index] = new Entry(ulong.MaxValue, index);
        }

        for (; more < _entries.Length; more++)
        {
            _entries[work[more]] = new Entry(ulong.MaxValue, work[more]);
        }
    }

    // Conversions saturate.
    private static ulong Threshold(double probability) => (ulong)(probability * 18446744073709551616.0);

    private readonly record struct Entry(ulong Threshold, int Alias);
}
