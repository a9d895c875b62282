using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Apertures;
using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp;

public sealed class ApertureTests
{
    [Theory]
    [InlineData(100, 7)]
    [InlineData(100, 100)]
    [InlineData(97, 13)]
    [InlineData(30, 200)]
    [InlineData(1000, 3)]
    [InlineData(1000, 64)]
    [InlineData(12, 5)]
    [InlineData(5, 9)]
    [InlineData(13, 2)]
    public void Split_AllInstancesTogether_LoadEndpointsAlike(int count, int instances)
    {
        var loads = new double[count];
        var weights = Enumerable.Range(0, count).Select(i => count == 97 ? 1.0 + (i % 3) : 1).ToArray();
        for (var instance = 0; instance < instances; instance++)
        {
            var members = Members(weights);
            ApertureRing.Split(members, new ApertureOptions { Instance = instance, Instances = instances }, out var inside, out var outside);
            Assert.Equal(count, inside.Length + outside.Length);
            Assert.InRange(inside.Length, Math.Min(12, count), count);
            var sum = inside.Sum(member => member.Weight);
            foreach (var member in inside)
            {
                loads[Array.FindIndex(members, other => other.Endpoint.Address.Equals(member.Endpoint.Address))] += member.Weight / sum / instances;
            }
        }

        for (var i = 0; i < count; i++)
        {
            var even = weights[i] / weights.Sum();
            Assert.InRange(loads[i], even * 0.99, even * 1.01);
        }
    }

    [Fact]
    public void Split_ManyEndpoints_NoMoreThanNeeded()
    {
        ApertureRing.Split(Members(Enumerable.Repeat(1.0, 1000).ToArray()), new ApertureOptions { Instance = 5, Instances = 100 }, out var inside, out _);
        Assert.InRange(inside.Length, 12, 21);
    }

    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Pick_Aperture_UsesItsOwnWhileTheyServe(BalancerKind kind)
    {
        const int count = 60;
        var options = new BalancerOptions { Aperture = new ApertureOptions { Instance = 1, Instances = 4, MinimumSize = 15 } };
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, count)), options: options, kind: kind);

        var used = balancer.Count(() => balancer.PickIdle(3000)).Where(pair => pair.Value > 0).Select(pair => pair.Key).ToArray();
        Assert.Equal(15, used.Length);
        Assert.Equal(Enumerable.Range(15, 15).Select(balancer.Find).ToHashSet(), used.ToHashSet());

        foreach (var endpoint in used)
        {
            endpoint.Drain();
        }

        var others = balancer.Count(() => balancer.PickIdle(3000));
        Assert.All(used, endpoint => Assert.Equal(0, others[endpoint]));
        Assert.Equal(count - 15, others.Count(pair => pair.Value > 0));

        used[0].Undrain();
        balancer.Update(BalancerDriver.Weights(Enumerable.Repeat(2.0, count)));
        Assert.Equal(100, balancer.Count(() => balancer.PickIdle(100))[used[0]]);
    }

    [Fact]
    public void Create_ApertureOutOfRange_IsRefused() => Assert.Throws<InvalidOptionsException>(() =>
        LoadBalancers.Create(BalancerKind.Random, new BalancerOptions { Aperture = new ApertureOptions { Instance = 2, Instances = 2 } }));

    private static GroupMember[] Members(double[] weights)
    {
        var policy = new EndpointPolicy(new BalancerOptions(), () => { }, () => { });
        return [.. weights.Select((weight, i) => new GroupMember(new ServerEndpoint(BalancerDriver.Address(i), policy), weight))];
    }
}
