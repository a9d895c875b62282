using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing;

/// <summary>After an attempt to one family of a host's addresses has timed out the other is preferred for 60 s, whatever the algorithm.</summary>
public sealed class AddressFamilyTests
{
    private readonly FakeTimeProvider _time = new();

    public static TheoryData<BalancerKind> Kinds => [.. Enum.GetValues<BalancerKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pick_AnAttemptTimedOut_OtherFamilyIsPreferredForAMinute(BalancerKind kind)
    {
        var balancer = BalancerOf(kind, ("web", "fd00::1"), ("web", "fd00::2"), ("web", "10.0.0.1"), ("WEB", "10.0.0.2"));
        TimeOut(balancer, "fd00::1");
        Assert.Equal(["10.0.0.1", "10.0.0.2"], Picked(balancer));
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(["10.0.0.1", "10.0.0.2"], Picked(balancer));

        // From the last one.
        TimeOut(balancer, "fd00::2");
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(["10.0.0.1", "10.0.0.2"], Picked(balancer));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Contains(Picked(balancer), address => address.StartsWith("fd00", StringComparison.Ordinal));
        Assert.DoesNotContain(balancer.Endpoints, endpoint => endpoint.Snapshot().IsDoubtful);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pick_AnAttemptSucceededMeanwhile_FamilyIsAsGoodAsTheOther(BalancerKind kind)
    {
        var balancer = BalancerOf(kind, ("web", "fd00::1"), ("web", "fd00::2"), ("web", "10.0.0.1"));
        TimeOut(balancer, "fd00::1");
        var lease = PickOf(balancer, "fd00::2");
        lease.Connected(TimeSpan.FromMilliseconds(1));
        lease.Complete();
        Assert.DoesNotContain(balancer.Endpoints, endpoint => endpoint.Snapshot().IsDoubtful);
        Assert.Contains("fd00::2", Picked(balancer));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pick_OtherFamilyCannotServe_DoubtedOneDoes(BalancerKind kind)
    {
        var balancer = BalancerOf(kind, ("web", "fd00::1"), ("web", "10.0.0.1"));
        TimeOut(balancer, "fd00::1");
        EndpointOf(balancer, "10.0.0.1").Drain();
        Assert.Equal(["fd00::1"], Picked(balancer));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(50_000)]
    public void Failed_TimedOutAmongManyEndpoints_LooksAtThoseOfItsHostAlone(int count)
    {
        var looks = 0;
        var endpoints = Enumerable.Range(0, count).Select(i => new WeightedAddress(new CountedEndPoint(i, () => looks++), metadata: new EndpointMetadata($"host{i / 2}")));
        var balancer = LoadBalancers.Create(BalancerKind.Random, new BalancerOptions { TimeProvider = _time });
        balancer.Update(EndpointSet.Create(endpoints));
        var lease = balancer.Pick();
        var endpoint = lease.Endpoint!;
        Assert.Equal(2, endpoint.Host!.Members.Count);
        looks = 0;

        lease.Failed(ConnectFailure.TimedOut, TimeSpan.FromSeconds(3));

        Assert.True(endpoint.Snapshot().IsDoubtful);
        Assert.InRange(looks, 1, 8);

        balancer.Update(EndpointSet.Empty);
        Assert.Empty(endpoint.Host.Members);
    }

    [Fact]
    public void Pick_BothFamiliesTimedOut_NeitherIsPreferred()
    {
        var balancer = BalancerOf(BalancerKind.P2c, ("web", "fd00::1"), ("web", "10.0.0.1"));
        TimeOut(balancer, "fd00::1");
        TimeOut(balancer, "10.0.0.1");
        Assert.Equal(["10.0.0.1", "fd00::1"], Picked(balancer));
    }

    [Fact]
    public void Pick_AddressesOfOtherHostsOrOfNone_AreNotConcerned()
    {
        var balancer = BalancerOf(BalancerKind.P2c, ("web", "fd00::1"), ("web", "10.0.0.1"), ("db", "fd00::3"), ("db", "10.0.0.3"), (null, "fd00::4"));
        TimeOut(balancer, "fd00::1");
        Assert.Equal(["10.0.0.1", "10.0.0.3", "fd00::3", "fd00::4"], Picked(balancer));
        TimeOut(balancer, "fd00::4");
        Assert.Contains("fd00::4", Picked(balancer));
    }

    [Fact]
    public void Pick_HostHasOneFamily_NothingIsPreferred()
    {
        var balancer = BalancerOf(BalancerKind.P2c, ("web", "10.0.0.1"), ("web", "10.0.0.2"));
        TimeOut(balancer, "10.0.0.1");
        Assert.Equal(["10.0.0.1", "10.0.0.2"], Picked(balancer));
    }

    [Fact]
    public void Pick_AnAttemptWasRefused_SaysNothingOfItsFamily()
    {
        var balancer = BalancerOf(BalancerKind.P2c, ("web", "fd00::1"), ("web", "fd00::2"), ("web", "10.0.0.1"));
        Fail(balancer, "fd00::1", ConnectFailure.Refused);
        Assert.Equal(["10.0.0.1", "fd00::1", "fd00::2"], Picked(balancer));
    }

    [Fact]
    public void Update_AddressOfTheFamilyJoins_IsDoubtedAsTheOthers()
    {
        var balancer = BalancerOf(BalancerKind.P2c, ("web", "fd00::1"), ("web", "10.0.0.1"));
        TimeOut(balancer, "fd00::1");
        balancer.Update(SetOf(("web", "fd00::1"), ("web", "fd00::2"), ("web", "10.0.0.1"), ("web", "10.0.0.2")));
        Assert.Equal(["10.0.0.1", "10.0.0.2"], Picked(balancer));
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(4, Picked(balancer).Count);
    }

    [Fact]
    public void Pick_EjectedAndDoubted_IsNotProbedByASession()
    {
        var balancer = BalancerOf(BalancerKind.P2c, ("web", "fd00::1"), ("web", "10.0.0.1"));
        for (var i = 0; i < 5; i++)
        {
            TimeOut(balancer, "fd00::1");
        }

        Assert.Equal(BreakerState.Open, EndpointOf(balancer, "fd00::1").Breaker);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(["10.0.0.1"], Picked(balancer));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Contains("fd00::1", Picked(balancer));
    }

    [Fact]
    public void Pick_OneFamilyIsPreferred_SharesWithinItHold()
    {
        var balancer = BalancerOf(BalancerKind.P2c, ("web", "fd00::1"), ("web", "10.0.0.1"), ("web", "10.0.0.2"));
        balancer.Update(EndpointSet.Create(
            Of("web", "fd00::1", 5), Of("web", "10.0.0.1", 3), Of("web", "10.0.0.2", 1)));
        TimeOut(balancer, "fd00::1");
        var counts = balancer.Count(() => PickIdle(balancer, 4000));
        Assert.InRange(counts[EndpointOf(balancer, "10.0.0.1")], 2900, 3100);
        Assert.Equal(0, counts[EndpointOf(balancer, "fd00::1")]);
    }

    private static WeightedAddress Of(string? host, string address, double weight = 1) =>
        new(new IPEndPoint(IPAddress.Parse(address), 80), weight, host is null ? null : new EndpointMetadata(host));

    private static EndpointSet SetOf(params (string? Host, string Address)[] addresses) => EndpointSet.Create(addresses.Select(each => Of(each.Host, each.Address)));

    private static ServerEndpoint EndpointOf(ILoadBalancer balancer, string address) =>
        balancer.Endpoints.Single(endpoint => ((IPEndPoint)endpoint.Address).Address.Equals(IPAddress.Parse(address)));

    private ILoadBalancer BalancerOf(BalancerKind kind, params (string? Host, string Address)[] addresses)
    {
        var options = new BalancerOptions { TimeProvider = _time, Random = RandomSource.Seeded(1), SlowStart = new SlowStartOptions { Window = TimeSpan.Zero } };
        var balancer = LoadBalancers.Create(kind, options);
        balancer.Update(SetOf(addresses));
        return balancer;
    }

    private void TimeOut(ILoadBalancer balancer, string address) => Fail(balancer, address, ConnectFailure.TimedOut);

    private EndpointLease PickOf(ILoadBalancer balancer, string address)
    {
        ServerEndpoint[] others = [.. balancer.Endpoints.Where(endpoint => endpoint != EndpointOf(balancer, address))];
        Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = others, Timestamp = _time.GetTimestamp() }, out var lease));
        return lease;
    }

    private void Fail(ILoadBalancer balancer, string address, ConnectFailure failure)
    {
        var lease = PickOf(balancer, address);
        lease.Failed(failure, TimeSpan.FromSeconds(3));
    }

    // By which addresses sessions of many clients are served, in order.
    private List<string> Picked(ILoadBalancer balancer) => [.. balancer.Count(() => PickIdle(balancer, 400))
        .Where(each => each.Value > 0).Select(each => ((IPEndPoint)each.Key.Address).Address.ToString()).Order(StringComparer.Ordinal)];

    private void PickIdle(ILoadBalancer balancer, int picks)
    {
        for (var i = 0; i < picks; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Hash = (ulong)i + 1, Timestamp = _time.GetTimestamp() + 1 }, out var lease));
            lease.Complete();
        }
    }

    // Of IPv4 and IPv6 in turn; tells of each look at which it is.
    private sealed class CountedEndPoint(int number, Action look) : EndPoint
    {
        public override System.Net.Sockets.AddressFamily AddressFamily
        {
            get
            {
                look();
                return Number % 2 == 0 ? System.Net.Sockets.AddressFamily.InterNetwork : System.Net.Sockets.AddressFamily.InterNetworkV6;
            }
        }

        public override bool Equals(object? obj) => obj is CountedEndPoint other && other.Number == Number;

        public override int GetHashCode() => Number;

        private int Number { get; } = number;
    }
}
