using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Cli.Resolving;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The shares that <c>resolve</c> prints are those that sessions get, also where an address is behind several branches.</summary>
public sealed class EndpointShareTests
{
    private static readonly Dictionary<string, EndpointSet> Sets = new()
    {
        ["1 * {A} & 1 * {A, B}"] = new(Group(1, 1), Group(1, 1, 2)),
        ["9 * {A, B, C} & 1 * {A}"] = new(Group(9, 1, 2, 3), Group(1, 1)),
        ["nested"] = new(Group(0.375, 1), Group(0.125, 1, 2), Group(0.5, 1, 2, 3)),
    };

    public static MatrixTheoryData<BalancerKind, string> Matrix => new(Enum.GetValues<BalancerKind>(), Sets.Keys);

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Of_SharedEndpoints_IsWhatABalancerGives(BalancerKind kind, string name)
    {
        const int Picks = 50_000;
        var balancer = LoadBalancers.Create(kind, new BalancerOptions { Random = RandomSource.Seeded(1) });
        balancer.Update(Sets[name]);
        var open = new Queue<EndpointLease>();
        for (var i = 0; i < Picks; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(default, out var lease));
            open.Enqueue(lease);
            if (open.Count > 50)
            {
                open.Dequeue().Complete();
            }
        }

        var shares = EndpointShare.Of(Sets[name]).GroupBy(share => share.EndPoint).ToDictionary(group => group.Key, group => group.Sum(share => share.Share));
        Assert.All(balancer.Endpoints, endpoint => Assert.InRange((double)endpoint.Picks / Picks, shares[endpoint.Address] - 0.01, shares[endpoint.Address] + 0.01));
    }

    private static EndpointGroup Group(double weight, params int[] hosts) =>
        new(hosts.Select(host => new WeightedAddress(new IPEndPoint(new IPAddress([127, 0, 0, (byte)host]), 80))), weight);
}
