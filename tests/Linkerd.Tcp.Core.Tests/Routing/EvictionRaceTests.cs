using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Many names, many at once, and names that are asked for in the moment of their eviction.</summary>
public sealed class EvictionRaceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact(Timeout = 120_000)]
    public async Task TryAcquire_OnThreadsWhileNamesAreEvicted_EachHolderHasADestinationThatWorks()
    {
        // The clock is the test's, and does not stand still: every look finds names that are due.
        await using var bed = new NamedBed(new RouterOptions { IdleTimeout = TimeSpan.FromMilliseconds(100), UnboundTimeout = TimeSpan.FromMilliseconds(100), MaxClientNamed = 5 });
        var names = Enumerable.Range(0, 8).Select(static i => DstPath.Parse($"/svc/lost/{i}")).ToArray();
        var isDone = false;
        var (held, full, ended) = (0L, 0L, 0L);
        var clock = Task.Run(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                bed.Time.Advance(TimeSpan.FromMilliseconds(25));
                Assert.InRange(bed.Router.Table.ClientNamed, 0, 5 + 4);
            }
        }, TestContext.Current.CancellationToken);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
            {
                var random = RandomSource.Seeded((ulong)seed);
                for (var i = 0; i < 20_000; i++)
                {
                    if (!bed.Router.TryAcquire(names[random.NextUInt64() % 8], out var reference))
                    {
                        Interlocked.Increment(ref full);
                        continue;
                    }

                    using (reference)
                    {
                        Interlocked.Increment(ref held);
                        Interlocked.Add(ref ended, reference.Destination.IsEnded ? 1 : 0);
                        Thread.SpinWait((int)(random.NextUInt64() % 500));
                        Interlocked.Add(ref ended, reference.Destination.IsEnded ? 1 : 0);
                    }
                }
            }, TestContext.Current.CancellationToken))).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
        finally
        {
            Volatile.Write(ref isDone, true);
        }

        await clock;
        TestContext.Current.TestOutputHelper?.WriteLine($"{held} held, {full} refused, {bed.Router.Table.Evicted.Unbound} evicted");
        Assert.Equal((0, 80_000), (ended, held + full));
        Assert.True(bed.Router.Table.Evicted.Unbound > 100, $"{bed.Router.Table.Evicted.Unbound} evicted");
        for (var i = 0; i < 100; i++)
        {
            bed.Time.Advance(TimeSpan.FromMilliseconds(25));
        }

        await bed.UntilAsync(() => bed.Watching == 0);
        Assert.Equal((0, 0), (bed.Router.Table.ClientNamed, bed.Router.Destinations.Count()));
    }

    [Fact(Timeout = 120_000)]
    public async Task Churn_AThousandNamesASecondForAMinute_MemoryIsBoundedAndComesBack()
    {
        await using var bed = new NamedBed(isLogged: false);
        await bed.UseAsync(NamedBed.Lost);
        var baseline = GC.GetTotalMemory(forceFullCollection: true);
        var (most, peak, refused) = (0, 0L, 0);
        for (var i = 0; i < 60_000; i++)
        {
            // Every tenth is a name that there is.
            if (bed.Router.TryAcquire(DstPath.Parse(i % 10 == 0 ? $"/svc/web/{i}" : $"/svc/lost/{i}"), out var reference))
            {
                reference.Dispose();
            }
            else
            {
                refused++;
            }

            bed.Time.Advance(TimeSpan.FromMilliseconds(1));
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            if (i % 10_000 == 9_999)
            {
                most = Math.Max(most, bed.Router.Table.ClientNamed);
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - baseline);
            }
        }

        var evicted = bed.Router.Table.Evicted;
        bed.Pass(TimeSpan.FromMinutes(13));
        await bed.UntilAsync(() => bed.Watching == 0);
        var left = GC.GetTotalMemory(forceFullCollection: true) - baseline;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"most {most}, refused {refused}, evicted meanwhile {evicted}, peak {peak} B ({peak / most} B for each), left {left} B");
        Assert.InRange(most, 9_000, 10_000);
        Assert.Equal(60_001, bed.Router.Table.Evicted.Idle + bed.Router.Table.Evicted.Unbound + refused);
        Assert.Equal((0, 0, (long)refused), (bed.Router.Destinations.Count(), bed.Router.Table.ClientNamed, bed.Router.Table.Refused));
        Assert.InRange(peak / most, 0, 8_000);

        // Tables that were as large as there were destinations, and keep their length.
        Assert.InRange(left, long.MinValue, 4_000_000);
    }

    [Fact(Timeout = 60_000)]
    public async Task Churn_InRealTime_AllGo()
    {
        await using var bed = new NamedBed(
            new RouterOptions { IdleTimeout = TimeSpan.FromMilliseconds(200), UnboundTimeout = TimeSpan.FromMilliseconds(100) }, clock: TimeProvider.System);
        for (var i = 0; i < 2_000; i++)
        {
            Assert.True(bed.Router.TryAcquire(DstPath.Parse(i % 2 == 0 ? $"/svc/web/{i}" : $"/svc/lost/{i}"), out var reference));
            reference.Dispose();
            if (i % 10 == 9)
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }

        await bed.UntilAsync(() => bed.Router.Table.ClientNamed == 0 && bed.Watching == 0);
        Assert.Empty(bed.Router.Destinations);
        Assert.Equal(2_000, bed.Router.Table.Evicted.Idle + bed.Router.Table.Evicted.Unbound);
    }
}
