using System.Net;
using Linkerd.Tcp.Resolving;
using Xunit;

namespace Linkerd.Tcp.Tests.Resolving;

public sealed class EndpointGroupTests
{
    private static readonly IPEndPoint A = new(IPAddress.Parse("10.0.0.1"), 80);
    private static readonly IPEndPoint B = new(IPAddress.Parse("10.0.0.2"), 80);

    [Fact]
    public void New_SameAddressTwice_CountsOnceWithItsLastWeight()
    {
        var again = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 80);

        var group = new EndpointGroup([new(A, 3), new(B), new(again, 5)]);

        Assert.Equal([new(A, 5), new(B)], group.Endpoints);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void New_WeightThatIsNone_CountsAsOne(double weight)
    {
        var group = new EndpointGroup([new(A, weight), new(B)], weight);

        Assert.Equal(1, group.InvalidWeights);
        Assert.Equal(1, group.Weight);
        Assert.Equal(1, group.Endpoints[0].EffectiveWeight);
        Assert.Equal(group, new EndpointGroup([new(A), new(B)]));
    }

    [Fact]
    public void New_NegativeTier_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>("tier", () => new EndpointGroup([], 1, -1));
    }

    [Fact]
    public void Equals_OtherOrder_IsEqual()
    {
        var one = new EndpointGroup([new(A, 2), new(B)]);
        var other = new EndpointGroup([new(B), new(A, 2)]);

        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
    }

    [Fact]
    public void Equals_AnyDifference_IsNotEqual()
    {
        var group = new EndpointGroup([new(A, 2), new(B)]);

        Assert.NotEqual(group, new EndpointGroup([new(A, 2)]));
        Assert.NotEqual(group, new EndpointGroup([new(A, 2), new(B, 3)]));
        Assert.NotEqual(group, new EndpointGroup([new(A, 2), new(new IPEndPoint(B.Address, 81))]));
        Assert.NotEqual(group, new EndpointGroup([new(A, 2), new(B)], 2));
        Assert.NotEqual(group, new EndpointGroup([new(A, 2), new(B)], 1, 1));
        Assert.False(group.Equals(null));
    }

    [Fact]
    public void Equals_OtherMetadata_IsAnotherGroup()
    {
        Assert.Equal(Group("web"), Group("web"));
        Assert.NotEqual(Group("web"), Group("db"));
        Assert.NotEqual(Group("web"), Group(null));

        static EndpointGroup Group(string? host) => new([new WeightedAddress(A, metadata: host is null ? null : new(host))]);
    }

    [Fact]
    public void WithWeight_OtherWeight_KeepsTheRest()
    {
        var group = new EndpointGroup([new(A, double.NaN), new(B)], 1, 2).WithWeight(0.25);

        Assert.Equal(new EndpointGroup([new(A), new(B)], 0.25, 2), group);
        Assert.Equal(1, group.InvalidWeights);
    }
}
