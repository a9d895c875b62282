using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp;

/// <content>What has to hold while several threads pick.</content>
public abstract partial class AdmissionTests
{
    private const int Threads = 4;

    [Fact]
    public async Task Pick_FourThreadsAndALimit_NeverOneMore()
    {
        const int most = 3;
        var balancer = Threaded(BalancerDriver.Weights(1, 2, 3, 4, 5), new BalancerOptions { MaxConnections = most });
        var full = 0;

        await RunAsync(thread =>
        {
            var random = RandomSource.Seeded((ulong)thread);
            var leases = new List<EndpointLease>();
            for (var i = 0; i < 20_000; i++)
            {
                if (random.NextDouble() < 0.6)
                {
                    var result = balancer.Pick(default, out var lease);
                    if (result == PickResult.Picked)
                    {
                        Assert.InRange(lease.Endpoint!.Load, 0, most);
                        leases.Add(lease);
                    }
                    else
                    {
                        Assert.Equal(PickResult.AtLimit, result);
                        Interlocked.Increment(ref full);
                    }
                }
                else if (leases.Count > 0)
                {
                    var lease = leases[^1];
                    leases.RemoveAt(leases.Count - 1);
                    lease.Complete();
                }
            }

            leases.ForEach(lease => lease.Complete());
        });

        Assert.NotEqual(0, full);
        Assert.All(balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
        for (var i = 0; i < 5 * most; i++)
        {
            balancer.Pick();
        }

        Assert.Equal(PickResult.AtLimit, balancer.Pick(default, out _));
        Assert.All(balancer.Endpoints, endpoint => Assert.Equal(most, endpoint.Load));
    }

    [Fact]
    public async Task Pick_ProbeIsDueAndFourThreads_ExactlyOneProbes()
    {
        for (var round = 0; round < 20; round++)
        {
            var balancer = Threaded(BalancerDriver.Weights(1, 1, 1));
            var ejected = balancer.Find(1);
            Fail(balancer, ejected);
            Assert.Equal(BreakerState.Open, ejected.Breaker);
            _time.Advance(TimeSpan.FromSeconds(6));
            var probes = 0;

            await RunAsync(_ =>
            {
                for (var i = 0; i < 500; i++)
                {
                    var lease = balancer.Pick();
                    if (lease.IsProbe)
                    {
                        Assert.Same(ejected, lease.Endpoint);
                        Interlocked.Increment(ref probes);
                    }
                    else
                    {
                        Assert.NotSame(ejected, lease.Endpoint);
                        lease.Complete();
                    }
                }
            });

            Assert.Equal(1, probes);
            Assert.Equal((BreakerState.HalfOpen, 1L), (ejected.Breaker, ejected.Load));
        }
    }

    private static void Fail(ILoadBalancer balancer, ServerEndpoint endpoint)
    {
        ServerEndpoint[] others = [.. balancer.Endpoints.Where(other => other != endpoint)];
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = others }, out var lease));
            Assert.Same(endpoint, lease.Endpoint);
            lease.Failed(ConnectFailure.Refused);
        }
    }

    private static Task RunAsync(Action<int> run) => Task.WhenAll(Enumerable.Range(0, Threads).Select(thread =>
        Task.Factory.StartNew(() => run(thread), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)))
        .WaitAsync(Patience, TestContext.Current.CancellationToken);

    // A seeded source is for one thread.
    private ILoadBalancer Threaded(EndpointSet set, BalancerOptions? options = null)
    {
        options = (options ?? new BalancerOptions()).With(own => own.TimeProvider = _time);
        var balancer = policy is null ? LoadBalancers.Create(kind, options) : LoadBalancers.Create(policy, options);
        balancer.Update(set);
        return balancer;
    }
}
