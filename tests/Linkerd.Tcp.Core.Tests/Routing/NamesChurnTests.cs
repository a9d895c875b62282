using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Tests that measure the memory of the process, and have it for themselves.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class ProcessMemory;

/// <summary>Many names that clients choose, one after the other.</summary>
[Collection(typeof(ProcessMemory))]
public sealed class NamesChurnTests
{
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

        // A thread that sets a timer may be the one that looks at the names, and advancing the clock does not wait for it.
        await bed.UntilAsync(() =>
        {
            bed.Time.Advance(TimeSpan.FromSeconds(1));
            return bed.Watching == 0;
        });
        var left = GC.GetTotalMemory(forceFullCollection: true) - baseline;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"most {most}, refused {refused}, evicted meanwhile {evicted}, peak {peak} B ({peak / most} B for each), left {left} B");
        Assert.InRange(most, 9_000, 10_000);
        Assert.Equal(60_001, bed.Router.Table.Evicted.Idle + bed.Router.Table.Evicted.Unbound + refused);
        Assert.Equal((0, 0, (long)refused), (bed.Router.Destinations.Count(), bed.Router.Table.ClientNamed, bed.Router.Table.Refused));
        Assert.InRange(peak / most, long.MinValue, 8_000);

        // Tables that were as large as there were destinations, and keep their length.
        Assert.InRange(left, long.MinValue, 4_000_000);
    }

    [Fact(Timeout = 60_000)]
    public async Task Churn_InRealTime_AllGo()
    {
        await using var bed = new NamedBed(
            new DestinationRegistryOptions { IdleTimeout = TimeSpan.FromMilliseconds(200), UnboundTimeout = TimeSpan.FromMilliseconds(100) }, clock: TimeProvider.System);
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
