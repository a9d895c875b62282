using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>The first of all endpoints to be well again after an outage.</summary>
public sealed class RecoveryTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Recover_ACrowdWaits_LetsInNoMoreThanABacklogHolds()
    {
        var balancer = Balancer(2);
        FailAll(balancer);
        balancer.Pick().Connected(TimeSpan.FromMilliseconds(1));

        var batches = Enumerable.Range(0, 10).Select(_ => ConnectAllThatMay(balancer)).ToList();

        Assert.Equal([2, 4, 8, 16, 32, 64, 128, 128, 128, 128], batches);
    }

    private ILoadBalancer Balancer(int endpoints) =>
        BalancerDriver.Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, endpoints)), options: new BalancerOptions { TimeProvider = _time });

    private static void FailAll(ILoadBalancer balancer) => Fail(balancer, [.. balancer.Endpoints]);

    private static void Fail(ILoadBalancer balancer, params Endpoint[] endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            for (var i = 0; i < 5; i++)
            {
                var context = new PickContext { Tried = [.. balancer.Endpoints.Where(other => other != endpoint)] };
                Assert.Equal(PickResult.Picked, balancer.Pick(in context, out var lease));
                lease.Failed(ConnectFailure.Refused);
                lease.Dispose();
            }

            Assert.Equal(BreakerState.Open, endpoint.Breaker);
        }
    }

    private static int ConnectAllThatMay(ILoadBalancer balancer)
    {
        var leases = new List<EndpointLease>();
        var context = default(PickContext);
        while (balancer.Pick(in context, out var lease) == PickResult.Picked)
        {
            leases.Add(lease);
        }

        foreach (var lease in leases)
        {
            lease.Connected(TimeSpan.FromMilliseconds(1));
        }

        return leases.Count;
    }
}
