using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Names that are asked for in the moment of their eviction.</summary>
public sealed class EvictionRaceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact(Timeout = 120_000)]
    public async Task TryAcquire_OnThreadsWhileNamesAreEvicted_EachHolderHasADestinationThatWorks()
    {
        // The clock is the test's, and does not stand still: every look finds names that are due.
        await using var bed = new NamedBed(new DestinationRegistryOptions { IdleTimeout = TimeSpan.FromMilliseconds(100), UnboundTimeout = TimeSpan.FromMilliseconds(100), MaxClientNamed = 5 });
        var names = Enumerable.Range(0, 8).Select(static i => DstPath.Parse($"/svc/lost/{i}")).ToArray();
        var isDone = false;
        var (held, full, ended, all) = (0L, 0L, 0L, 0L);
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
                for (var i = 0; i < 20_000 || bed.Router.Table.Evicted.Unbound < 200; i++)
                {
                    TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                    Interlocked.Increment(ref all);
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
        Assert.Equal((0, all), (ended, held + full));
        for (var i = 0; i < 100; i++)
        {
            bed.Time.Advance(TimeSpan.FromMilliseconds(25));
        }

        await bed.UntilAsync(() => bed.Watching == 0);
        Assert.Equal((0, 0), (bed.Router.Table.ClientNamed, bed.Router.Destinations.Count()));
    }
}
