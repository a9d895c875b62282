using Linkerd.Tcp.Balancing.Hashing;

namespace Linkerd.Tcp.Balancing.Maglev;

/// <summary>
/// The table of consistent hashing: each endpoint takes, in turn, the next free entry of a permutation of its own, in proportion to its weight. When one leaves
/// nearly all other entries keep their endpoint. Immutable; any thread.
/// </summary>
/// <remarks>
/// D. Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer" (NSDI 2016), section 3.4; turns by weight as in Envoy.
/// </remarks>
internal sealed class MaglevTable
{
    // The paper's size, and four times more each time, as a table of another size has nothing in common with this one. 128 KiB, or 13 entries per
    // endpoint and KiB of them.
    private static readonly int[] Sizes = [65_537, 262_147, 1_048_583, 4_194_319, 16_777_259, 67_108_879];

    // One of the two, by the number of endpoints.
    private readonly ushort[]? _short;
    private readonly int[]? _long;

    /// <summary>Fills a table.</summary>
    /// <param name="hashes">The endpoints' hashes, in an order that depends on nothing but the endpoints.</param>
    /// <param name="weights">Their weights, as shares of the greatest.</param>
    public MaglevTable(ReadOnlySpan<ulong> hashes, ReadOnlySpan<double> weights)
    {
        Size = SizeFor(hashes.Length);
        if (hashes.Length <= ushort.MaxValue + 1)
        {
            _short = new ushort[Size];
        }
        else
        {
            _long = new int[Size];
        }

        Fill(hashes, weights);
    }

    /// <summary>Gets the number of entries: a prime, at least a hundred per endpoint (up to 671,000 endpoints).</summary>
    public int Size { get; }

    /// <summary>Gets the endpoint of an entry.</summary>
    public int this[int entry] => _short is { } table ? table[entry] : _long![entry];

    private static int SizeFor(int count)
    {
        foreach (var size in Sizes)
        {
            if (size >= count * 100L)
            {
                return size;
            }
        }

        return Sizes[^1];
    }

    private void Fill(ReadOnlySpan<ulong> hashes, ReadOnlySpan<double> weights)
    {
        // A bit per entry stays in the cache although the table does not.
        var taken = new ulong[(Size + 63) / 64];
        var walks = new (int At, int Step)[hashes.Length];
        for (var i = 0; i < walks.Length; i++)
        {
            walks[i] = (Position(hashes[i], Size), 1 + Position(ClientHash.Mix(hashes[i]), Size - 1));
        }

        var turns = new TurnQueue(weights, Size);
        for (var entries = 0; entries < Size; entries++)
        {
            var index = turns.Next(weights);
            var (at, step) = walks[index];
            while ((taken[at >> 6] & (1UL << at)) != 0)
            {
                at = at + step < Size ? at + step : at + step - Size;
            }

            taken[at >> 6] |= 1UL << at;
            walks[index].At = at;
            Set(at, index);
        }
    }

    private void Set(int entry, int index)
    {
        if (_short is not null)
        {
            _short[entry] = (ushort)index;
        }
        else
        {
            _long![entry] = index;
        }
    }

    /// <summary>Gets the position below a limit for a hash.</summary>
    public static int Position(ulong hash, int below) => (int)Math.BigMul(hash, (ulong)below, out _);

    // The order of turns. An endpoint's j-th turn is in round j / weight, rounded up; within a round those come first that have waited longer. Constant time per
    // turn: a list per round, of those that come in it. The order of two does not depend on any third.
    private struct TurnQueue
    {
        private readonly int[] _first;
        private readonly int[] _last;
        private readonly int[] _next;
        private readonly int[] _turns;
        private int _round;

        public TurnQueue(ReadOnlySpan<double> weights, int turns)
        {
            var sum = 0.0;
            foreach (var weight in weights)
            {
                sum += weight;
            }

            var rounds = (int)((turns + weights.Length) / sum) + 3;
            _first = new int[rounds];
            _last = new int[rounds];
            _next = new int[weights.Length];
            _turns = new int[weights.Length];
            _first.AsSpan().Fill(-1);
            for (var i = 0; i < weights.Length; i++)
            {
                Enqueue(i, weights[i]);
            }
        }

        public int Next(ReadOnlySpan<double> weights)
        {
            while (_first[_round] < 0)
            {
                _round++;
            }

            var index = _first[_round];
            _first[_round] = _next[index];
            Enqueue(index, weights[index]);
            return index;
        }

        private readonly void Enqueue(int index, double weight)
        {
            // Beyond the last round the table is full.
            var round = Math.Ceiling(++_turns[index] / weight);
            if (round >= _first.Length)
            {
                return;
            }

            _next[index] = -1;
            if (_first[(int)round] < 0)
            {
                _first[(int)round] = index;
            }
            else
            {
                _next[_last[(int)round]] = index;
            }

            _last[(int)round] = index;
        }
    }
}
