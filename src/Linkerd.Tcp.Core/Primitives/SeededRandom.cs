namespace Linkerd.Tcp.Primitives;

/// <summary>Represents a generator whose sequence is determined by a seed, also for an API that takes a <see cref="Random"/>. One thread at a time.</summary>
internal sealed class SeededRandom(ulong seed) : Random, IRandomSource
{
    private Xoroshiro _generator = new(seed);

    public ulong NextUInt64() => _generator.Next();

    public override double NextDouble() => RandomSource.NextDouble(this);

    protected override double Sample() => NextDouble();
}
