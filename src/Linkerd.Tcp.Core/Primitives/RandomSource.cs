using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Primitives;

/// <summary>The random sources that are needed, and what is drawn from them.</summary>
internal static class RandomSource
{
    /// <summary>Fast, per thread, seeded by the operating system. Lock-free and shared by any number of threads. Not for secrets.</summary>
    public static IRandomSource Shared { get; } = new PerThreadSource();

    /// <summary>A sequence that the seed decides. For one thread at a time.</summary>
    public static SeededRandom Seeded(ulong seed) => new(seed);

    /// <summary>The source behind a generator that a caller gave: <see cref="Shared"/> for null; a generator is used under a lock on itself.</summary>
    public static IRandomSource Of(Random? random) => random switch
    {
        null => Shared,
        IRandomSource own => own,
        _ => new LockedSource(random),
    };

    /// <summary>A number in [0, 1).</summary>
    public static double NextDouble(this IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return (random.NextUInt64() >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A time span drawn uniformly between (1 - share) and (1 + share) times the one given, so that many clients do not act at once.</summary>
    /// <param name="random">The source.</param>
    /// <param name="span">The middle.</param>
    /// <param name="share">0 to 1.</param>
    public static TimeSpan Jitter(this IRandomSource random, TimeSpan span, double share) =>
        span * (1 + (share * ((2 * random.NextDouble()) - 1)));

    private sealed class PerThreadSource : IRandomSource
    {
        private const ulong SeedStep = 0x9E3779B97F4A7C15;

        [ThreadStatic]
        private static Xoroshiro Generator;

        // Taken from the operating system once, when the process starts: a thread that comes later may find no descriptor left for that, and
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

        // Apart, so that NextUInt64 stays small enough to be inlined.
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
