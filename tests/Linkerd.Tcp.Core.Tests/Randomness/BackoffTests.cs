using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp.Tests;

public sealed class BackoffTests
{
    [Fact]
    public void Next_AgainAndAgain_DrawsFromTheUpperHalfOfADoublingCeiling()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), RandomSource.Seeded(7));
        var ceilings = new List<double> { 1, 2, 4, 8, 10, 10, 10 };

        Assert.All(ceilings, ceiling => Assert.InRange(backoff.Next().TotalSeconds, ceiling / 2, ceiling));
        backoff.Reset();
        Assert.All(ceilings, ceiling => Assert.InRange(backoff.Next().TotalSeconds, ceiling / 2, ceiling));
    }

    [Fact]
    public void Next_ManyDraws_SpreadsEvenly()
    {
        var random = RandomSource.Seeded(7);
        var delays = Enumerable.Range(0, 10_000)
            .Select(_ => new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), random).Next().TotalSeconds)
            .ToList();

        Assert.InRange(delays.Average(), 0.74, 0.76);
        Assert.InRange(delays.Count(delay => delay < 0.625), 2_300, 2_700);
    }

    [Fact]
    public void Next_SameSeed_IsTheSameRun()
    {
        var (one, other) = (New(), New());

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal(one.Next(), other.Next()));

        static Backoff New() => new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), RandomSource.Seeded(7));
    }

    [Fact]
    public void New_NoTime_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>("initial", () => new Backoff(TimeSpan.Zero, TimeSpan.FromSeconds(1), RandomSource.Seeded(1)));
    }

    [Fact]
    public void Next_NoGenerator_DrawsFromTheSharedOne()
    {
        Assert.InRange(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)).Next().TotalSeconds, 0.5, 1);
        Assert.InRange(Backoff.Jitter(TimeSpan.FromSeconds(1), 0.1).TotalSeconds, 0.9, 1.1);
    }
}
