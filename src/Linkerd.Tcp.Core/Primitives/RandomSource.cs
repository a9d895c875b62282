using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Primitives;

/// <summary>Provides random sources, and methods to draw from them.</summary>
internal static class RandomSource
{
    /// <summary>Gets a fast source with a generator for each thread, seeded by the operating system. Lock-free; any thread. Not for secrets.</summary>
    public static IRandomSource Shared { get; } = new PerThreadSource();

    /// <summary>Creates a source whose sequence is determined by the seed. One thread at a time.</summary>
    public static SeededRandom Seeded(ulong seed) => new(seed);

    /// <summary>Gets the source for a generator of a caller: <see cref="Shared"/> for null; any other generator is used under a lock on itself.</summary>
    public static IRandomSource Of(Random? random) => random switch
    {
        null => Shared,
        IRandomSource own => own,
        _ => new LockedSource(random),
    };

    /// <summary>Returns a number in [0, 1).</summary>
    public static double NextDouble(this IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return (random.NextUInt64() >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Returns a time span drawn uniformly between (1 - share) and (1 + share) times the given one, so that many clients do not act at once.</summary>
    /// <param name="random">The source.</param>
    /// <param name="span">The middle of the range.</param>
    /// <param name="share">The share, from 0 to 1.</param>
    public static TimeSpan Jitter(this IRandomSource random, TimeSpan span, double share) =>
        span * (1 + (share * ((2 * random.NextDouble()) - 1)));

    private sealed class PerThreadSource : IRandomSource
    {
        private const ulong SeedStep = 0x9E3779B97F4A7C15;

        [ThreadStatic]
        private static Xoroshiro Generator;

        // Read from the operating system once, at the start of the process: a later thread may find no free descriptor for it, and
        // RandomNumberGenerator ends the process if it cannot load OpenSSL.
        private static ulong NextSeed = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray(), 8) ^ BitConverter.ToUInt64(Guid.NewGuid().ToByteArray(), 0);

        public ulong NextUInt64()
        {
            ref var generator = ref Generator;
            if (!generator.IsSeeded)
            {
                Seed();
            }

            return generator.Next();
        }

        // A separate method, so that NextUInt64 stays small enough to be inlined.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Seed() => Generator = new Xoroshiro(Interlocked.Add(ref NextSeed, SeedStep));
    }

    private sealed class LockedSource(Random random) : IRandomSource
    {
        public ulong NextUInt64()
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            lock (random)
            {
                random.NextBytes(bytes);
            }

            return BitConverter.ToUInt64(bytes);
        }
    }
}
