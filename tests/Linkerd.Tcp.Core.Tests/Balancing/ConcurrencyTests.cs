using Linkerd.Tcp.Balancing;
using Xunit;

namespace Linkerd.Tcp;

public sealed class ConcurrencyTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public async Task Pick_ManyThreadsAndUpdates_NoLoadIsLost(BalancerKind kind)
    {
        var balancer = LoadBalancers.Create(kind);
        EndpointSet[] sets =
        [
            BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)),
            BalancerDriver.Weights(1, 2, 3),
            new(BalancerDriver.Group([1, 5], 9), BalancerDriver.Group([1, 0, 4, 2, 8], 1, first: 1), BalancerDriver.Group([1], tier: 1, first: 9)),
            BalancerDriver.Weights(Enumerable.Range(0, 50).Select(i => (double)i)),
        ];
        balancer.Update(sets[0]);
        var seen = new HashSet<ServerEndpoint>();
        var picked = 0L;
        using var stop = new CancellationTokenSource();

        var updates = Task.Run(
            () =>
            {
                for (var i = 0; i < (kind == BalancerKind.Maglev ? 40 : 3000); i++)
                {
                    balancer.Update(sets[i % sets.Length]);
                    lock (seen)
                    {
                        seen.UnionWith(balancer.Endpoints);
                    }
                }

                stop.Cancel();
            },
            TestContext.Current.CancellationToken);
        var picks = Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                var leases = new Queue<EndpointLease>();
                var count = 0L;
                while (!stop.IsCancellationRequested)
                {
                    var lease = balancer.Pick();
                    Assert.NotNull(lease.Endpoint);
                    count++;
                    if (count % 3 == 0)
                    {
                        lease.Connected(TimeSpan.Zero);
                    }

                    leases.Enqueue(lease);
                    if (leases.Count > 20)
                    {
                        leases.Dequeue().Complete();
                    }
                }

                while (leases.TryDequeue(out var lease))
                {
                    lease.Complete();
                }

                Interlocked.Add(ref picked, count);
            },
            TestContext.Current.CancellationToken)).ToArray();

        await Task.WhenAll([updates, .. picks]).WaitAsync(Timeout, TestContext.Current.CancellationToken);

        Assert.All(seen, endpoint => Assert.Equal((0L, 0L, 0L), (endpoint.Load, endpoint.Open, endpoint.Pending)));
        Assert.Equal(picked, seen.Sum(endpoint => endpoint.Picks));
    }

    public static MatrixTheoryData<BalancerKind, int> KindsAndCounts => new(Enum.GetValues<BalancerKind>(), [1, 2, 100]);

    [Theory]
    [MemberData(nameof(KindsAndCounts))]
    public void Pick_Steady_AllocatesNothing(BalancerKind kind, int count)
    {
        EndpointSet[] sets =
        [
            BalancerDriver.Weights(Enumerable.Repeat(1.0, count)),
            BalancerDriver.Weights(Enumerable.Range(1, count).Select(i => (double)i)),
            new(BalancerDriver.Group(Enumerable.Repeat(1.0, count)), BalancerDriver.Group([0], tier: 1, first: count)),
            new(BalancerDriver.Group(Enumerable.Repeat(1.0, count)), BalancerDriver.Group([1], weight: 3, first: count)),
            new(BalancerDriver.Group(Enumerable.Repeat(1.0, count)), BalancerDriver.Group([1, 2], weight: 3)),
        ];
        foreach (var set in sets)
        {
            var balancer = LoadBalancers.Create(kind);
            balancer.Update(set);
            ServerEndpoint[] tried = [balancer.Endpoints[^1]];
            Run(1000);

            // What the runtime allocates once, when it compiles a path anew, does not come again; what a pick allocates comes every time.
            Assert.Contains(0, Enumerable.Range(0, 3).Select(_ => Allocated(() => Run(30_000))));

            static long Allocated(Action run)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                run();
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }

            void Run(int picks)
            {
                for (var i = 0; i < picks; i++)
                {
                    balancer.Pick(new PickContext { Tried = i % 4 == 0 ? tried : [] }, out var lease);
                    lease.Connected(TimeSpan.Zero);
                    lease.Complete();
                }
            }
        }
    }
}
