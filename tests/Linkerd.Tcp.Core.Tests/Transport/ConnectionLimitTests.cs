using Linkerd.Tcp.Transport;
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
    public async Task MoveTo_PlacesInUse_GoToTheOtherWholeAndAreReturnedThere()
    {
        var (before, after) = (new ConnectionLimit(2), new ConnectionLimit(2));
        var (part, stays) = (new ConnectionLimit(5, before), new ConnectionLimit(5, before));
        Assert.True(part.TryAcquire());
        Assert.True(stays.TryAcquire());
        var waiting = part.WaitAvailableAsync(TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        part.MoveTo(after);
        await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal((1, 1, 1), (part.Active, before.Active, after.Active));
        Assert.True(part.TryAcquire());
        Assert.False(part.TryAcquire());
        Assert.True(stays.TryAcquire());
        part.Release();
        part.Release();
        Assert.Equal((0, 2, 0), (part.Active, before.Active, after.Active));
    }

    [Fact]
    public async Task MoveTo_WhilePlacesComeAndGo_CountsStayExact()
    {
        var wholes = new[] { new ConnectionLimit(3), new ConnectionLimit(1000) };
        var part = new ConnectionLimit(1000, wholes[0]);
        var isEnough = false;
        var users = Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                while (!Volatile.Read(ref isEnough))
                {
                    if (part.TryAcquire())
                    {
                        part.Release();
                    }
                }
            },
            TestContext.Current.CancellationToken)).ToList();
        for (var i = 1; i <= 20_000; i++)
        {
            part.MoveTo(wholes[i % 2]);
        }

        Volatile.Write(ref isEnough, true);
        await Task.WhenAll(users).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal((0, 0, 0), (part.Active, wholes[0].Active, wholes[1].Active));
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

    [Fact]
    public async Task SetMaximum_Higher_ServesWhoWaits()
    {
        var limit = new ConnectionLimit(1);
        Assert.True(limit.TryAcquire());
        var waiting = limit.WaitAvailableAsync(TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        limit.SetMaximum(2);
        await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(limit.TryAcquire());
        Assert.False(limit.TryAcquire());
    }

    [Fact]
    public async Task SetMaximum_OfTheWholeHigher_ServesWhoWaitsAtAPart()
    {
        var whole = new ConnectionLimit(1);
        var part = new ConnectionLimit(5, whole);
        Assert.True(whole.TryAcquire());
        Assert.Equal(1, part.Maximum);
        var waiting = part.WaitAvailableAsync(TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        whole.SetMaximum(3);
        await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(3, part.Maximum);
        Assert.True(part.TryAcquire());
    }

    [Fact]
    public void SetMaximum_Lower_EndsNobodyAndHandsOutNoPlaceUntilEnoughAreBack()
    {
        var limit = new ConnectionLimit(3);
        Assert.True(limit.TryAcquire() && limit.TryAcquire() && limit.TryAcquire());
        limit.SetMaximum(1);
        Assert.Equal((1, 3, false), (limit.Maximum, limit.Active, limit.IsAvailable));
        limit.Release();
        limit.Release();
        Assert.False(limit.TryAcquire());
        limit.Release();
        Assert.True(limit.TryAcquire());
        Assert.Throws<ArgumentOutOfRangeException>(() => limit.SetMaximum(0));
        Assert.Equal(1, limit.Maximum);
    }

    [Fact(Timeout = 60_000)]
    public async Task SetMaximum_WhileThreadsTakeAndWait_NobodyIsLeftWaiting()
    {
        const int Threads = 4;
        const int Each = 5_000;
        var limit = new ConnectionLimit(1);
        var most = 0;
        var isDone = false;
        var takers = Enumerable.Range(0, Threads).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                while (!limit.TryAcquire())
                {
                    await limit.WaitAvailableAsync(TestContext.Current.CancellationToken);
                }

                most = Math.Max(most, limit.Active);
                limit.Release();
            }
        }, TestContext.Current.CancellationToken)).ToArray();
        var changer = Task.Run(() =>
        {
            for (var i = 0; !Volatile.Read(ref isDone); i++)
            {
                limit.SetMaximum(1 + (i % 3));
            }
        }, TestContext.Current.CancellationToken);
        try
        {
            await Task.WhenAll(takers).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        finally
        {
            Volatile.Write(ref isDone, true);
        }

        await changer;
        Assert.Equal(0, limit.Active);
        Assert.InRange(most, 1, 3);
    }
}
