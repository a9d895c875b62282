using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public sealed class ConnectionLimitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void TryAcquire_PartIsFull_TakesNothingOfTheWhole()
    {
        var whole = new ConnectionLimit(5);
        var part = new ConnectionLimit(2, whole);
        Assert.True(part.TryAcquire());
        Assert.True(part.TryAcquire());
        Assert.False(part.TryAcquire());
        Assert.False(part.IsAvailable);
        Assert.True(whole.IsAvailable);
        Assert.Equal((2, 2), (part.Active, whole.Active));
        part.Release();
        Assert.True(part.IsAvailable);
        Assert.Equal((1, 1), (part.Active, whole.Active));
    }

    [Fact]
    public void TryAcquire_WholeIsFull_TakesNothingOfThePart()
    {
        var whole = new ConnectionLimit(2);
        var one = new ConnectionLimit(2, whole);
        var other = new ConnectionLimit(2, whole);
        Assert.True(one.TryAcquire());
        Assert.True(other.TryAcquire());
        Assert.False(one.TryAcquire());
        Assert.False(one.IsAvailable);
        Assert.Equal((1, 1, 2), (one.Active, other.Active, whole.Active));
    }

    [Fact]
    public void Maximum_OfAPart_IsNoMoreThanOfTheWhole()
    {
        Assert.Equal(3, new ConnectionLimit(5, new ConnectionLimit(3)).Maximum);
        Assert.Equal(3, new ConnectionLimit(3, new ConnectionLimit(5)).Maximum);
    }

    [Fact]
    public async Task WaitAvailable_WholeIsFull_IsWokenByAnotherPart()
    {
        var whole = new ConnectionLimit(1);
        var one = new ConnectionLimit(1, whole);
        var other = new ConnectionLimit(1, whole);
        Assert.True(one.TryAcquire());
        var waiting = other.WaitAvailableAsync(TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        one.Release();
        await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(other.TryAcquire());
    }

    [Fact]
    public async Task WaitAvailable_PartIsFull_IsWokenByItsOwnReleaseOnly()
    {
        var whole = new ConnectionLimit(5);
        var one = new ConnectionLimit(1, whole);
        var other = new ConnectionLimit(1, whole);
        Assert.True(one.TryAcquire());
        Assert.True(other.TryAcquire());
        var waiting = one.WaitAvailableAsync(TestContext.Current.CancellationToken);
        other.Release();
        Assert.False(waiting.IsCompleted);
        one.Release();
        await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Acquire_ManyThreadsOverTwoParts_NoneIsForgottenAndNoLimitIsPassed()
    {
        // Everybody waits for a wake-up and never looks again without one, so one that is lost leaves the test hanging.
        const int Rounds = 4_000;
        var whole = new ConnectionLimit(3);
        var parts = new[] { new ConnectionLimit(2, whole), new ConnectionLimit(2, whole) };
        var most = 0;
        var active = 0;
        var tasks = Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var part = parts[worker % 2];
            for (var i = 0; i < Rounds; i++)
            {
                while (!part.TryAcquire())
                {
                    await part.WaitAvailableAsync(TestContext.Current.CancellationToken);
                }

                var now = Interlocked.Increment(ref active);
                InterlockedMax(ref most, now);
                if (i % 7 == 0)
                {
                    await Task.Yield();
                }

                Interlocked.Decrement(ref active);
                part.Release();
            }
        }));
        await Task.WhenAll(tasks).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.InRange(most, 1, 3);
        Assert.Equal((0, 0, 0), (parts[0].Active, parts[1].Active, whole.Active));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value;)
        {
            seen = Interlocked.CompareExchange(ref target, value, seen) is var was && was == seen ? value : was;
        }
    }
}
