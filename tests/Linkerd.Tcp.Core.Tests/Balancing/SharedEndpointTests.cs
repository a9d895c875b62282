using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>Endpoints behind several branches of a split: each branch keeps its share, and divides it by its own weights.</summary>
public sealed class SharedEndpointTests
{
    private const int Picks = 100_000;

    // Endpoints by number: 0 is A, 1 is B, and so on.
    private static readonly Dictionary<string, EndpointSet> Sets = new()
    {
        ["1 * {A} & 1 * {A, B}"] = Of((1, [(0, 1)]), (1, [(0, 1), (1, 1)])),
        ["1 * {A, B} & 1 * {A}"] = Of((1, [(0, 1), (1, 1)]), (1, [(0, 1)])),
        ["9 * {A, B, C} & 1 * {A}"] = Of((9, [(0, 1), (1, 1), (2, 1)]), (1, [(0, 1)])),
        ["1 * {A} & 9 * {A, B, C}"] = Of((1, [(0, 1)]), (9, [(0, 1), (1, 1), (2, 1)])),

        ["1 * {B} & 1 * {A} & 2 * {A, B}"] = Of((1, [(1, 1)]), (1, [(0, 1)]), (2, [(0, 1), (1, 1)])),

        // 1 * (3 * {A} & 1 * {A, B}) & 1 * {A, B, C}, as a resolver hands it out.
        ["nested"] = Of((0.375, [(0, 1)]), (0.125, [(0, 1), (1, 1)]), (0.5, [(0, 1), (1, 1), (2, 1)])),
        ["weights"] = Of((1, [(0, 3), (1, 1)]), (2, [(1, 1), (2, 5), (0, 2)]), (0.5, [(2, 1), (3, 4)])),
    };

    public static TheoryData<BalancerKind, string, int, bool> Matrix
    {
        get
        {
            var data = new TheoryData<BalancerKind, string, int, bool>();
            foreach (var kind in Enum.GetValues<BalancerKind>())
            {
                foreach (var name in Sets.Keys)
                {
                    foreach (var held in (int[])[0, 1, 10])
                    {
                        data.Add(kind, name, held, true);
                        data.Add(kind, name, held, false);
                    }
                }
            }

            return data;
        }
    }

    public static MatrixTheoryData<BalancerKind, string> Names => new(Enum.GetValues<BalancerKind>(), Sets.Keys);

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Pick_SharedEndpointsAndHeldLeases_SharesAreThoseOfTheSplit(BalancerKind kind, string name, int held, bool connected)
    {
        var balancer = BalancerDriver.Balancer(Sets[name], kind: kind);
        using var sessions = HeldSessions.PerEndpoint(balancer, held, connected);

        Check(Sets[name], balancer, () => sessions.Run(Picks));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_SharedEndpointsAndFiftyOpenSessions_SharesAreThoseOfTheSplit(BalancerKind kind, string name)
    {
        var balancer = BalancerDriver.Balancer(Sets[name], kind: kind);
        using var sessions = new HeldSessions(balancer, 50);

        Check(Sets[name], balancer, () => sessions.Run(Picks));
    }

    [Theory]
    [MemberData(nameof(LoadKinds))]
    public void Update_EndpointComesIntoASecondBranch_KeepsInTheFirstWhatItHad(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(Of((1, [(0, 1), (1, 1), (2, 1)])), kind: kind);
        using var sessions = new HeldSessions(balancer, 300);
        sessions.Run(3000);

        balancer.Update(Sets["9 * {A, B, C} & 1 * {A}"]);

        // From the first hundred picks on: nothing is made up for.
        CheckSoon(Sets["9 * {A, B, C} & 1 * {A}"], balancer, sessions);
    }

    [Theory]
    [MemberData(nameof(LoadKinds))]
    public void Update_SecondBranchLeaves_WhatCameThroughItCountsForNone(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(Sets["1 * {A, B} & 1 * {A}"], kind: kind);
        var old = Enumerable.Range(0, 300).Select(_ => balancer.Pick()).ToList();
        var alone = Of((1, [(0, 1), (1, 1)]));

        balancer.Update(alone);

        using (var sessions = new HeldSessions(balancer, 100))
        {
            CheckSoon(alone, balancer, sessions);
            old.ForEach(lease => lease.Complete());
            CheckSoon(alone, balancer, sessions);

            // From the next update on its own counters are all that it has.
            balancer.Update(Of((1, [(0, 2), (1, 2)])));
            CheckSoon(alone, balancer, sessions);
        }

        Assert.All(balancer.Endpoints, endpoint => Assert.Equal((0, 0), (endpoint.Load, endpoint.Open)));
        var held = balancer.PickOf(balancer.Find(0));
        Assert.Null(held.Branch);
        held.Complete();
    }

    [Theory]
    [MemberData(nameof(LoadKinds))]
    public void Update_FirstBranchLeaves_TheOtherKeepsWhatItHad(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(WithSources("1 * {A} & 1 * {A, B}"), kind: kind);
        var old = Enumerable.Range(0, 300).Select(_ => balancer.Pick()).ToList();
        var alone = new EndpointSet(WithSources("1 * {A} & 1 * {A, B}").Groups[1]);

        balancer.Update(alone);

        using (var sessions = new HeldSessions(balancer, 100))
        {
            CheckSoon(alone, balancer, sessions);
            old.ForEach(lease => lease.Complete());
            CheckSoon(alone, balancer, sessions);
            balancer.Update(new EndpointSet(alone.Groups[0].WithWeight(2)));
            CheckSoon(alone, balancer, sessions);
        }

        Assert.All(balancer.Endpoints, endpoint => Assert.Equal((0, 0), (endpoint.Load, endpoint.Open)));
        var held = balancer.PickOf(balancer.Find(0));
        Assert.Null(held.Branch);
        held.Complete();
    }

    [Theory]
    [MemberData(nameof(LoadKinds))]
    public void Update_BranchesComeAndGo_SharesHoldAndNothingIsLeft(BalancerKind kind)
    {
        var options = new BalancerOptions { SlowStart = new SlowStartOptions { Window = TimeSpan.Zero }, TimeProvider = new FakeTimeProvider() };
        var balancer = BalancerDriver.Balancer(EndpointSet.Empty, options: options, kind: kind);
        var random = RandomSource.Seeded(5);
        var leases = new List<EndpointLease>();
        for (var i = 0; i < 300; i++)
        {
            balancer.Update(Sets.Values.ElementAt((int)(random.NextDouble() * Sets.Count)));
            for (var j = 0; j < 20; j++)
            {
                var lease = balancer.Pick();
                if (j % 2 == 0)
                {
                    lease.Connected(TimeSpan.FromMilliseconds(1));
                }

                leases.Add(lease);
            }

            while (leases.Count > 60)
            {
                var at = (int)(random.NextDouble() * leases.Count);
                var lease = leases[at];
                lease.Complete();
                leases.RemoveAt(at);
            }
        }

        balancer.Update(Sets["nested"]);
        leases.ForEach(lease => lease.Complete());

        Assert.All(balancer.Endpoints, endpoint => Assert.Equal((0, 0, 0), (endpoint.Load, endpoint.Open, endpoint.Pending)));
        Check(Sets["nested"], balancer, () => balancer.PickIdle(Picks));
        using var sessions = new HeldSessions(balancer, 50);
        Check(Sets["nested"], balancer, () => sessions.Run(Picks));
    }

    [Theory]
    [MemberData(nameof(LoadKinds))]
    public void Update_BranchBeforeItComesAndGoes_OneThatStaysKeepsItsLoads(BalancerKind kind)
    {
        // As a union whose first branch is not known for a while: the others move up.
        var whole = WithSources("1 * {B} & 1 * {A} & 2 * {A, B}");
        var partly = new EndpointSet([.. whole.Groups.Skip(1)]);
        var balancer = BalancerDriver.Balancer(whole, kind: kind);
        using var sessions = new HeldSessions(balancer, 300);
        sessions.Run(3000);

        for (var i = 0; i < 3; i++)
        {
            balancer.Update(partly);
            CheckSoon(partly, balancer, sessions);
            balancer.Update(whole);
            sessions.Run(3000);
        }

        CheckSoon(whole, balancer, sessions);
    }

    [Fact]
    public void Pick_EndpointInOneBranch_CountsForItselfAlone()
    {
        var balancer = BalancerDriver.Balancer(Sets["9 * {A, B, C} & 1 * {A}"]);
        var leases = Enumerable.Range(0, 200).Select(_ => balancer.Pick()).ToArray();

        Assert.All(leases, lease => Assert.True(lease.Branch is null || lease.Endpoint == balancer.Find(0)));
        Assert.InRange(leases.Count(lease => lease.Branch is not null), 10, 35);
    }

    [Fact]
    public void Pick_TierBelowSharesAnEndpoint_TheTierAboveHasItAll()
    {
        var set = new EndpointSet(new EndpointGroup([new(BalancerDriver.Address(0)), new(BalancerDriver.Address(1))]), new EndpointGroup([new(BalancerDriver.Address(0)), new(BalancerDriver.Address(2))], tier: 1));
        var balancer = BalancerDriver.Balancer(set, options: new BalancerOptions { MaxConnections = 5 });
        var leases = Enumerable.Range(0, 15).Select(_ => balancer.Pick()).ToList();

        // The limit is the endpoint's, through whatever group; what is full above is full below.
        Assert.Equal([5, 5, 5], balancer.Endpoints.Select(endpoint => endpoint.Load));
        Assert.Equal(PickResult.AtLimit, balancer.Pick(default, out _));
        leases.ForEach(lease => lease.Complete());
        Assert.All(balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
    }

    // Those that compare loads.
    public static TheoryData<BalancerKind> LoadKinds => [BalancerKind.P2c, BalancerKind.PeakEwma, BalancerKind.LeastConnections];

    // Over 2,000 picks, in hundreds: within what the draw of the branches leaves to chance.
    private static void CheckSoon(EndpointSet set, ILoadBalancer balancer, HeldSessions sessions)
    {
        var expected = SharesOf(set);
        for (var i = 0; i < 20; i++)
        {
            var counts = balancer.Count(() => sessions.Run(100));
            Assert.All(expected, pair => Assert.InRange(counts[balancer.Find(pair.Key)], pair.Value - 20, pair.Value + 20));
        }
    }

    private static void Check(EndpointSet set, ILoadBalancer balancer, Action run)
    {
        var counts = balancer.Count(run);

        var expected = SharesOf(set);
        Assert.All(expected, pair =>
        {
            var share = 100.0 * counts[balancer.Find(pair.Key)] / counts.Values.Sum();
            TestContext.Current.TestOutputHelper?.WriteLine($"{(char)('A' + pair.Key)}: {share:F2} % of {pair.Value:F2} %");
            Assert.InRange(share, pair.Value - 1, pair.Value + 1);
        });
        Assert.Equal(balancer.Endpoints.Sum(endpoint => endpoint.Load), balancer.Endpoints.Sum(endpoint => endpoint.Open + endpoint.Pending));
    }

    /// <summary>In percent, by number: the group's share of the groups' weights, times the endpoint's of its group's. What <c>resolve</c> prints.</summary>
    private static Dictionary<int, double> SharesOf(EndpointSet set)
    {
        var shares = new Dictionary<int, double>();
        foreach (var group in set.Groups)
        {
            foreach (var endpoint in group.Endpoints)
            {
                var number = Enumerable.Range(0, 10).Single(i => endpoint.Address.Equals(BalancerDriver.Address(i)));
                shares[number] = shares.GetValueOrDefault(number)
                    + (100 * group.Weight / set.Groups.Sum(other => other.Weight) * endpoint.EffectiveWeight / group.Endpoints.Sum(other => other.EffectiveWeight));
            }
        }

        return shares;
    }

    // As the branches of a union.
    private static EndpointSet WithSources(string name) =>
        new([.. Sets[name].Groups.Select((group, i) => group.WithWeight(group.Weight, $"/leaf/{i}"))]);

    private static EndpointSet Of(params (double Weight, (int Number, double Weight)[] Endpoints)[] groups) =>
        new([.. groups.Select(group => new EndpointGroup(group.Endpoints.Select(item => new WeightedAddress(BalancerDriver.Address(item.Number), item.Weight)), group.Weight))]);
}
