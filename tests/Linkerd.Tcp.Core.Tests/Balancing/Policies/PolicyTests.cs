using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.PublicApi.Tests.Embedding;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Tests.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing.Policies;

/// <summary>Algorithms from outside, against the public API alone; <see cref="AdmissionTests"/> has what every algorithm owes.</summary>
public sealed class PolicyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Pick_LeastLoad_LoadsFollowWeights()
    {
        var balancer = Balancer(new LeastLoadPolicy(), Weighted(1, 2, 1));
        for (var i = 0; i < 400; i++)
        {
            Take(balancer);
        }

        Assert.Equal([100L, 200L, 100L], balancer.Endpoints.Select(static endpoint => endpoint.Load));
    }

    [Fact]
    public void Pick_LeastLoad_TriedAndEjectedAndDrainedAreNotPicked()
    {
        var balancer = Balancer(new LeastLoadPolicy(), Weighted(1, 1, 1, 1));
        var endpoints = balancer.Endpoints;
        endpoints[0].Drain();
        Assert.True(endpoints[1].Eject(Timeout.InfiniteTimeSpan));
        ServerEndpoint[] tried = [endpoints[2]];
        Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = tried }, out var lease));
        Assert.Same(endpoints[3], lease.Endpoint);
        tried = [endpoints[2], endpoints[3]];
        Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = tried }, out lease));
        Assert.Same(endpoints[1], lease.Endpoint);
        Assert.True(lease.IsProbe);
    }

    [Fact]
    public void Pick_AlwaysTheSameWhichIsOut_AnyOtherIsTaken()
    {
        var balancer = Balancer(new FunctionPolicy(static _ => 0), Weighted(1, 1, 1), new BalancerOptions { MaxConnections = 1 });
        var endpoints = balancer.Endpoints;
        Assert.Same(endpoints[0], Take(balancer).Endpoint);
        Assert.Equal([endpoints[1], endpoints[2]], new[] { Take(balancer).Endpoint, Take(balancer).Endpoint }.OrderBy(static endpoint => endpoint!.Address.ToString(), StringComparer.Ordinal));
        Assert.Equal(PickResult.AtLimit, balancer.Pick(default, out _));
    }

    [Fact]
    public void Pick_NoPreference_AnyIsTaken()
    {
        var balancer = Balancer(new FunctionPolicy(static _ => -1), Weighted(1, 1, 1));
        for (var i = 0; i < 300; i++)
        {
            Take(balancer);
        }

        Assert.All(balancer.Endpoints, static endpoint => Assert.InRange(endpoint.Load, 60, 140));
    }

    [Fact]
    public void Pick_ThePickerAvoidsAnEjectedOne_ItIsProbedAllTheSame()
    {
        var balancer = Balancer(new FunctionPolicy(static _ => 1), Weighted(1, 1, 1));
        var bad = balancer.Endpoints[0];
        Assert.True(bad.Eject(TimeSpan.FromSeconds(5)));
        for (var i = 0; i < 100; i++)
        {
            Take(balancer).Complete();
        }

        Assert.Equal(0, bad.Picks);
        _time.Advance(TimeSpan.FromSeconds(6));
        var probes = Enumerable.Range(0, 100).Select(_ => Take(balancer)).Where(static lease => lease.IsProbe).ToArray();
        var probe = Assert.Single(probes);
        Assert.Same(bad, probe.Endpoint);
        probe.Connected(TimeSpan.FromMilliseconds(1));
        Assert.Equal(BreakerState.Closed, bad.Breaker);
    }

    [Fact]
    public void Pick_ThePickerThrows_ThatPickThrowsAndNothingIsHeld()
    {
        var throws = true;
        var balancer = Balancer(new FunctionPolicy(_ => throws ? throw new IOException("no") : 0), Weighted(1, 1));
        Assert.Equal("no", Assert.Throws<IOException>(() => balancer.Pick(default, out _)).Message);
        Assert.All(balancer.Endpoints, static endpoint => Assert.Equal(0, endpoint.Load));
        throws = false;
        Assert.Same(balancer.Endpoints[0], Take(balancer).Endpoint);
    }

    [Fact]
    public void Pick_IndexBeyondTheCandidates_SaysSo()
    {
        var balancer = Balancer(new FunctionPolicy(static candidates => candidates.Length), Weighted(1, 1));
        Assert.Equal("Picker.Pick returned 2; an index below 2 was expected.", Assert.Throws<InvalidOperationException>(() => balancer.Pick(default, out _)).Message);
    }

    [Fact]
    public void Pick_Endpoints_AllocatesNothing()
    {
        var balancer = Balancer(new LeastLoadPolicy(), Weighted(1, 1, 2, 1));
        balancer.Endpoints[1].Eject(Timeout.InfiniteTimeSpan);
        var tried = new[] { balancer.Endpoints[0] };
        for (var round = 0; ; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                balancer.Pick(new PickContext { Tried = i % 2 == 0 ? tried : default, Timestamp = 1 }, out var lease);
                lease.Complete();
            }

            if (GC.GetAllocatedBytesForCurrentThread() == before)
            {
                break;
            }

            Assert.True(round < 20);
        }
    }

    [Fact]
    public void Pick_Splits_EachBranchHasItsShareAndItsOwnPicker()
    {
        var sizes = new List<int>();
        var set = new EndpointSet(new EndpointGroup([new(Address(0), 1)], 9), new EndpointGroup([new(Address(0), 1), new(Address(1), 1), new(Address(2), 1)], 1), new EndpointGroup([new(Address(3), 1)], 1, tier: 1));
        var balancer = Balancer(new FunctionPolicy(static _ => -1, (candidates, _) => sizes.Add(candidates.Length)), set);
        Assert.Equal([1, 3, 1], sizes);
        for (var i = 0; i < 30_000; i++)
        {
            Take(balancer).Complete();
        }

        Assert.InRange(balancer.Endpoints[0].Picks, 27_700, 28_300);
        Assert.Equal(0, balancer.Endpoints[3].Picks);
    }

    [Fact]
    public void Candidate_AddressInTwoGroups_HasTheLoadOfItsGroup()
    {
        var loads = new List<(long Load, long Picks)>();
        var set = new EndpointSet(new EndpointGroup([new(Address(0), 1)], 1), new EndpointGroup([new(Address(0), 3), new(Address(1), 1)], 1));
        var balancer = Balancer(
            new FunctionPolicy(candidates =>
            {
                if (candidates.Length == 2)
                {
                    Assert.Equal(3, candidates[0].Weight);
                    loads.Add((candidates[0].Load, candidates[0].Picks));
                }

                return 0;
            }),
            set);
        for (var i = 0; i < 100; i++)
        {
            Take(balancer);
        }

        Assert.Equal(Enumerable.Range(0, loads.Count).Select(static i => ((long)i, (long)i)), loads);
        Assert.Equal(100, balancer.Endpoints[0].Load);
    }

    [Fact]
    public void Candidate_SlowStart_EffectiveWeightGrows()
    {
        PickCandidate added = default;
        var balancer = Balancer(new FunctionPolicy(static _ => -1, (candidates, _) => added = candidates[^1]), Weighted(1, 1, 1));
        balancer.Update(Weighted(1, 1, 1, 4));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((4, 2), (added.Weight, Math.Round(added.EffectiveWeight(default), 3)));
        Assert.Equal(2, Math.Round(added.Endpoint.EffectiveWeight, 3));
        ServerEndpoint[] tried = [added.Endpoint];
        Assert.Equal(0, added.EffectiveWeight(new PickContext { Tried = tried }));
        added.Endpoint.Drain();
        Assert.Equal((0, 0), (added.EffectiveWeight(default), added.Endpoint.EffectiveWeight));
    }

    [Fact]
    public void Update_ThePolicyThrows_TheCallerIsToldAndAnyEndpointIsTaken()
    {
        var throws = false;
        var balancer = Balancer(new FunctionPolicy(static _ => 0, (_, _) => { if (throws) { throw new IOException("no"); } }), Weighted(1, 1));
        throws = true;
        Assert.Throws<IOException>(() => balancer.Update(Weighted(1, 1, 1)));
        Assert.Equal(3, balancer.Endpoints.Count);
        for (var i = 0; i < 100; i++)
        {
            Take(balancer);
        }

        Assert.All(balancer.Endpoints, static endpoint => Assert.NotEqual(0, endpoint.Picks));

        // The same set is taken again, and then not any more.
        throws = false;
        balancer.Update(Weighted(1, 1, 1));
        var first = balancer.Endpoints[0].Picks;
        Take(balancer);
        Assert.Equal(first + 1, balancer.Endpoints[0].Picks);
        throws = true;
        balancer.Update(Weighted(1, 1, 1));
    }

    [Fact]
    public void Update_OtherSet_ThePickerBeforeIsHandedOver()
    {
        var before = new List<IEndpointPicker?>();
        var balancer = Balancer(new FunctionPolicy(static _ => 0, (_, previous) => before.Add(previous)), Weighted(1, 1));
        balancer.Update(Weighted(1, 2));
        Assert.Null(before[0]);
        Assert.NotNull(before[1]);
    }

    [Fact]
    public async Task Configure_PolicyOfADestination_EndpointsKeepTheirState()
    {
        await using var destinations = new DestinationRegistry(_ => Options(null), timeProvider: _time, random: RandomSource.Seeded(1));
        var destination = destinations.Get(Name);
        await UntilAsync(destination, () => destination.Balancer.Endpoints.Count == 3);
        var balancer = destination.Balancer;
        var lease = Take(balancer);
        var endpoints = balancer.Endpoints.ToArray();
        endpoints[2].Drain();
        destination.Configure(Options(new FunctionPolicy(static _ => 1)));
        Assert.Same(balancer, destination.Balancer);
        Assert.Equal(endpoints, balancer.Endpoints);
        Assert.Same(endpoints[1], Take(balancer).Endpoint);
        Assert.True(lease.Endpoint!.Load > 0);
        destination.Configure(Options(new FunctionPolicy(static _ => 0)));
        Assert.Same(endpoints[0], Take(balancer).Endpoint);
        destination.Configure(Options(null));
        Assert.Equal(endpoints, balancer.Endpoints);
        Assert.True(endpoints[2].IsDraining);
    }

    [Fact]
    public async Task Configure_ThePolicyThrows_SessionsAreServedAndItIsLogged()
    {
        var logs = new LogRecorder();
        await using var destinations = new DestinationRegistry(_ => Options(new FunctionPolicy(static _ => 0, static (_, _) => throw new IOException("no"))), logs, timeProvider: _time);
        var destination = destinations.Get(Name);
        await UntilAsync(destination, () => destination.Failures > 0);
        Assert.Equal(3, destination.Balancer.Endpoints.Count);
        Assert.NotNull(Take(destination.Balancer).Endpoint);
        Assert.Contains("the balancer threw IOException: no", await logs.WaitForAsync(3003, Patience), StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Destination destination, Func<bool> condition)
    {
        while (true)
        {
            var version = destination.Version;
            if (condition())
            {
                return;
            }

            await destination.WaitChangedAsync(version, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    private static DestinationOptions Options(ILoadBalancingPolicy? policy) => new() { Resolver = new StaticResolver(Address(0), Address(1), Address(2)), BalancingPolicy = policy };

    private static IPEndPoint Address(int number) => new(IPAddress.Loopback, 1000 + number);

    private static EndpointSet Weighted(params double[] weights) => EndpointSet.Create(weights.Select(static (weight, i) => new WeightedAddress(Address(i), weight)));

    private ILoadBalancer Balancer(ILoadBalancingPolicy policy, EndpointSet set, BalancerOptions? options = null)
    {
        options ??= new BalancerOptions();
        (options.TimeProvider, options.Random) = (_time, RandomSource.Seeded(1));
        var balancer = LoadBalancers.Create(policy, options);
        balancer.Update(set);
        return balancer;
    }

    private static EndpointLease Take(ILoadBalancer balancer)
    {
        Assert.Equal(PickResult.Picked, balancer.Pick(default, out var lease));
        return lease;
    }
}
