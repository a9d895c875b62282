using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>Leases that are picked, copied and ended by many threads, in any order and more than once.</summary>
public sealed class LeaseStressTests
{
    private const int Threads = 8;
    private const int Rounds = 20_000;

    [Theory]
    [InlineData(BalancerKind.P2c, false)]
    [InlineData(BalancerKind.P2c, true)]
    [InlineData(BalancerKind.LeastConnections, true)]
    [InlineData(BalancerKind.Random, false)]
    public void Events_AnyOrderAnyThreadAnyCopy_CountOnce(BalancerKind kind, bool shared)
    {
        // In two groups an endpoint has counters for each of them, too.
        var group = BalancerDriver.Group([1, 1, 2]);
        var balancer = LoadBalancers.Create(kind, new BalancerOptions { MaxConnections = 500, MaxPending = 400 });
        balancer.Update(shared ? new EndpointSet(group, BalancerDriver.Group([3, 1], weight: 2)) : new EndpointSet(group));
        var exchange = new LeaseExchange();
        var picks = new long[Threads];
        var threads = Enumerable.Range(0, Threads).Select(number => new Thread(() => picks[number] = Run(balancer, exchange, number))).ToArray();
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        while (exchange.TryTake() is { } lease)
        {
            lease.Complete();
            lease.Complete();
        }

        Assert.All(balancer.Endpoints, static endpoint => Assert.Equal((0L, 0L, 0L), (endpoint.Load, endpoint.Open, endpoint.Pending)));
        Assert.Equal(picks.Sum(), balancer.Endpoints.Sum(static endpoint => endpoint.Picks));
    }

    private static long Run(ILoadBalancer balancer, LeaseExchange exchange, int number)
    {
        var random = RandomSource.Seeded((ulong)number + 1);
        var ended = new EndpointLease[64];
        var picks = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            if (random.NextDouble() < 0.52 && balancer.Pick(default, out var picked) == PickResult.Picked)
            {
                picks++;
                exchange.Add(picked);
            }

            // Of any thread. This one has it to itself now, but for copies of what has ended.
            if (exchange.TryTake() is not { } lease)
            {
                continue;
            }

            var copy = lease;
            switch ((int)(random.NextDouble() * 4))
            {
                case 0:
                    lease.Connected(TimeSpan.FromMilliseconds(1));
                    copy.Connected(TimeSpan.FromMilliseconds(1));
                    exchange.Add(copy);
                    continue;
                case 1:
                    lease.Failed(ConnectFailure.Cancelled);
                    copy.Failed(ConnectFailure.Cancelled);
                    break;
                case 2:
                    lease.Complete();
                    break;
                default:
                    lease.Complete(new ConnectionReport(1, TimeSpan.Zero, true));
                    break;
            }

            if (copy.Endpoint is not null)
            {
                // Failed does nothing to one that is open.
                exchange.Add(copy);
                continue;
            }

            lease.Complete();
            ref var old = ref ended[round % ended.Length];
            old.Connected(TimeSpan.Zero);
            old.Failed(ConnectFailure.Refused);
            old.Complete();
            old = copy;
        }

        return picks;
    }

    /// <summary>Leases that pass from thread to thread.</summary>
    private sealed class LeaseExchange
    {
        private readonly Lock _lock = new();
        private readonly Queue<EndpointLease> _leases = new();

        public void Add(EndpointLease lease)
        {
            lock (_lock)
            {
                _leases.Enqueue(lease);
            }
        }

        public EndpointLease? TryTake()
        {
            lock (_lock)
            {
                return _leases.TryDequeue(out var lease) ? lease : null;
            }
        }
    }
}
