using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Resolving;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>What discovery says of endpoints, beside address and weight.</summary>
public sealed class EndpointMetadataTests
{
    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Update_MetadataAlone_ChangesNothingElseOfTheEndpoint(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(new EndpointSet(Group("web.dc1"), Group("web.dc1", weight: 2)), kind: kind);
        var lease = balancer.Pick();
        lease.Connected(TimeSpan.FromMilliseconds(3));
        var endpoint = lease.Endpoint!;
        var before = endpoint.Snapshot();
        Assert.Equal("web.dc1", before.Metadata?.Authority);

        balancer.Update(new EndpointSet(Group("web.dc2"), Group("web.dc2", weight: 2)));
        Assert.Same(endpoint, Assert.Single(balancer.Endpoints));
        Assert.Equal("web.dc2", endpoint.Metadata?.Authority);
        const string Metadata = nameof(ServerEndpointSnapshot.Metadata);
        const string Latency = nameof(ServerEndpointSnapshot.ConnectLatency);
        Assert.Equal(before.Values(Metadata, Latency), endpoint.Snapshot().Values(Metadata, Latency));
        Assert.Same(endpoint.Metadata, endpoint.Snapshot().Metadata);

        balancer.Update(new EndpointSet(Group(null), Group(null, weight: 2)));
        Assert.Same(endpoint, Assert.Single(balancer.Endpoints));
        Assert.Null(endpoint.Metadata);
        Assert.Equal(1, endpoint.Open);
        lease.Complete();
        Assert.Equal(0, endpoint.Load);
    }

    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Update_AddressInTwoGroups_HasTheMetadataOfTheFirst(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(new EndpointSet(Group("first"), Group("second")), kind: kind);
        Assert.Equal("first", Assert.Single(balancer.Endpoints).Metadata?.Authority);
        balancer.Update(new EndpointSet(Group("second"), Group("first")));
        Assert.Equal("second", Assert.Single(balancer.Endpoints).Metadata?.Authority);
        balancer.Update(new EndpointSet(Group(null), Group("first")));
        Assert.Null(Assert.Single(balancer.Endpoints).Metadata);
    }

    private static EndpointGroup Group(string? authority, double weight = 1) =>
        new([new WeightedAddress(IPEndPoint.Parse("10.0.0.1:80"), metadata: authority is null ? null : new(authority: authority))], weight);
}
