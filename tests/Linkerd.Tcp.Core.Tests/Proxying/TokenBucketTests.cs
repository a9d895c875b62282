using Linkerd.Tcp.Proxying;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class TokenBucketTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryTake_Full_GivesTheCapacityAndNoMore()
    {
        var bucket = new TokenBucket(rate: 10, capacity: 3, _time);
        Assert.Equal(3, Drain(bucket));
    }

    [Fact]
    public void TryTake_TimePasses_GivesTheRate()
    {
        var bucket = new TokenBucket(rate: 10, capacity: 3, _time);
        Drain(bucket);
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(bucket.TryTake());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(bucket.TryTake());
        Assert.False(bucket.TryTake());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, Drain(bucket));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(333.3)]
    [InlineData(0.5)]
    public void TryTake_AskedAllTheTime_LosesNothingToRounding(double rate)
    {
        var bucket = new TokenBucket(rate, capacity: 5, _time);
        Drain(bucket);
        var step = TimeSpan.FromTicks(1 + (long)(TimeSpan.TicksPerSecond / rate / 1000));
        var taken = 0;
        for (var i = 0; i < 100_000; i++)
        {
            _time.Advance(step);
            taken += bucket.TryTake() ? 1 : 0;
        }

        Assert.InRange(taken, Math.Floor(100_000 * step.TotalSeconds * rate) - 1, Math.Ceiling(100_000 * step.TotalSeconds * rate));
    }

    [Fact]
    public void TryTake_ClockFinerThanATick_LosesNothing()
    {
        // 1 ns a step, of which a tick of TimeSpan has a hundred.
        var clock = new NanosecondClock();
        var bucket = new TokenBucket(rate: 1_000_000, capacity: 10, clock);
        Drain(bucket);
        var taken = 0;
        for (var i = 0; i < 1_000_000; i++)
        {
            clock.Now++;
            taken += bucket.TryTake() ? 1 : 0;
        }

        Assert.InRange(taken, 999, 1000);
    }

    [Fact]
    public void TryTake_Fractions_AreTaken()
    {
        var bucket = new TokenBucket(rate: 0, capacity: 1, _time);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(bucket.TryTake(0.2));
        }

        Assert.False(bucket.TryTake(0.2));
        Assert.True(bucket.TryTake(0));
    }

    [Fact]
    public void TryTake_MoreThanThereIs_TakesNone()
    {
        var bucket = new TokenBucket(rate: 0, capacity: 2, _time);
        Assert.False(bucket.TryTake(3));
        Assert.True(bucket.TryTake(2));
    }

    [Fact]
    public void Add_MoreThanFits_IsLost()
    {
        var bucket = new TokenBucket(rate: 0, capacity: 2, _time);
        Drain(bucket);
        bucket.Add(1);
        Assert.Equal(1, Drain(bucket));
        bucket.Add(100);
        Assert.Equal(2, Drain(bucket));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1, 0)]
    [InlineData(1, double.NaN)]
    public void Construct_OutOfRange_Throws(double rate, double capacity) => Assert.Throws<ArgumentOutOfRangeException>(() => new TokenBucket(rate, capacity, _time));

    [Fact]
    public void TryTake_ManyThreads_GivesTheCapacityOnce()
    {
        var bucket = new TokenBucket(rate: 0, capacity: 10_000, _time);
        var taken = 0;
        Parallel.For(0, 40_000, _ =>
        {
            if (bucket.TryTake())
            {
                Interlocked.Increment(ref taken);
            }
        });
        Assert.Equal(10_000, taken);
    }

    private static int Drain(TokenBucket bucket)
    {
        var taken = 0;
        while (bucket.TryTake())
        {
            taken++;
        }

        return taken;
    }

    private sealed class NanosecondClock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => Now;
    }
}
