using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp.Tests;

public sealed class RandomSourceTests
{
    [Fact]
    public void Seeded_SameSeed_GivesTheSameSequence()
    {
        Assert.Equal(Draw(42), Draw(42));
        Assert.NotEqual(Draw(42), Draw(43));

        static ulong[] Draw(ulong seed)
        {
            var random = RandomSource.Seeded(seed);
            return [.. Enumerable.Range(0, 100).Select(_ => random.NextUInt64())];
        }
    }

    [Fact]
    public void Seeded_Zero_IsASequenceToo()
    {
        var random = RandomSource.Seeded(0);

        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => random.NextUInt64()).Distinct().Count());
    }

    [Fact]
    public void Shared_FourThreads_DrawDifferentNumbers()
    {
        var drawn = new ulong[4][];
        Parallel.For(0, drawn.Length, i => drawn[i] = [.. Enumerable.Range(0, 1_000).Select(_ => RandomSource.Shared.NextUInt64())]);

        Assert.Equal(4_000, drawn.SelectMany(numbers => numbers).Distinct().Count());
    }

    [Fact]
    public void NextDouble_ManyDraws_FillsTheUnitIntervalEvenly()
    {
        var random = RandomSource.Seeded(1);
        var numbers = Enumerable.Range(0, 100_000).Select(_ => random.NextDouble()).ToList();

        Assert.All(numbers, number => Assert.True(number is >= 0 and < 1));
        Assert.All(numbers.GroupBy(number => (int)(number * 10)), tenth => Assert.InRange(tenth.Count(), 9_600, 10_400));
    }

    [Theory]
    [InlineData(0ul, 0)]
    [InlineData(ulong.MaxValue, 1 - (1.0 / (1UL << 53)))]
    [InlineData(1ul << 63, 0.5)]
    public void NextDouble_Edges_StayBelowOne(ulong bits, double expected)
    {
        Assert.Equal(expected, new Fixed(bits).NextDouble());
    }

    [Theory]
    [InlineData(0ul, 8)]
    [InlineData(1ul << 63, 10)]
    [InlineData(ulong.MaxValue, 12)]
    public void Jitter_Share_IsTheReachToBothSides(ulong bits, double expected)
    {
        Assert.Equal(expected, new Fixed(bits).Jitter(TimeSpan.FromSeconds(10), 0.2).TotalSeconds, 6);
    }

    [Fact]
    public void Of_NoGenerator_IsTheSharedSource() => Assert.Same(RandomSource.Shared, RandomSource.Of(null));

    [Fact]
    public void Of_Seeded_IsItself()
    {
        var random = RandomSource.Seeded(1);
        Assert.Same(random, RandomSource.Of(random));
    }

    [Fact]
    public void Of_OtherGenerator_DrawsFromItUnderALockOnIt()
    {
        var random = new Checked();
        Parallel.For(0, 4, _ =>
        {
            var source = RandomSource.Of(random);
            for (var i = 0; i < 1_000; i++)
            {
                source.NextUInt64();
            }
        });

        Assert.Equal((4_000, true), (random.Draws, random.WasLocked));
    }

    private sealed class Checked : Random
    {
        public int Draws { get; private set; }

        public bool WasLocked { get; private set; } = true;

        public override void NextBytes(Span<byte> buffer)
        {
            WasLocked &= Monitor.IsEntered(this);
            Draws++;
            base.NextBytes(buffer);
        }
    }

    private sealed class Fixed(ulong bits) : IRandomSource
    {
        public ulong NextUInt64() => bits;
    }
}
