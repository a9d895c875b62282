using System.Net;
using Linkerd.Tcp.Resolving;
using Xunit;

namespace Linkerd.Tcp.Tests.Resolving;

public sealed class EndpointSetTests
{
    private static readonly IPEndPoint A = new(IPAddress.Parse("10.0.0.1"), 80);
    private static readonly IPEndPoint B = new(IPAddress.IPv6Loopback, 80);

    [Fact]
    public void Of_EndPoints_IsOneGroup()
    {
        var set = EndpointSet.Create(A, B, A);

        Assert.Equal(1, Assert.Single(set.Groups).Weight);
        Assert.Equal(2, set.Count);
        Assert.False(set.IsEmpty);
        Assert.Equal(set, EndpointSet.Create(new WeightedAddress(B), new WeightedAddress(A)));
    }

    [Fact]
    public void Count_AddressInTwoGroups_CountsTwice()
    {
        Assert.Equal(3, new EndpointSet(new EndpointGroup([new(A)]), new EndpointGroup([new(A), new(B)])).Count);
    }

    [Fact]
    public void IsEmpty_NoGroupsOrEmptyOnes_IsTrue()
    {
        Assert.True(EndpointSet.Empty.IsEmpty);
        Assert.True(new EndpointSet(new EndpointGroup([]), new EndpointGroup([], 3)).IsEmpty);
        Assert.True(new EndpointSet(default(System.Collections.Immutable.ImmutableArray<EndpointGroup>)).IsEmpty);
    }

    [Fact]
    public void Equals_Groups_ComparedOneByOne()
    {
        var set = new EndpointSet(new EndpointGroup([new(A)], 9), new EndpointGroup([new(B)]));

        Assert.Equal(set, new EndpointSet(new EndpointGroup([new(A)], 9), new EndpointGroup([new(B)])));
        Assert.Equal(new Resolution.Bound(set), new Resolution.Bound(new EndpointSet(set.Groups)));
        Assert.NotEqual(set, new EndpointSet(new EndpointGroup([new(B)]), new EndpointGroup([new(A)], 9)));
        Assert.NotEqual(set, EndpointSet.Create(A, B));
        Assert.NotEqual(EndpointSet.Empty, new EndpointSet(new EndpointGroup([])));
    }

    [Fact]
    public void ToString_Groups_ReadsLikeALogLine()
    {
        Assert.Equal("no endpoints", EndpointSet.Empty.ToString());
        Assert.Equal("10.0.0.1:80 * 0.5, [::1]:80", EndpointSet.Create(new WeightedAddress(A, 0.5), new WeightedAddress(B)).ToString());
        Assert.Equal("9 * (10.0.0.1:80) & 1 * (no endpoints)", new EndpointSet(new EndpointGroup([new(A)], 9), new EndpointGroup([])).ToString());
        Assert.EndsWith("10.0.0.1:9 and 90 more", EndpointSet.Create(Enumerable.Range(0, 100).Select(i => new IPEndPoint(A.Address, i))).ToString(), StringComparison.Ordinal);
    }
}
