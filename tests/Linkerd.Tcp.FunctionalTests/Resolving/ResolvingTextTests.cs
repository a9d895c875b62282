using System.Net;
using Linkerd.Tcp.Cli.Resolving;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The parts of what <c>resolve</c> prints.</summary>
public sealed class ResolvingTextTests
{
    [Theory]
    [InlineData(1, "1.0")]
    [InlineData(0, "0.0")]
    [InlineData(0.23, "0.23")]
    [InlineData(100, "100.0")]
    [InlineData(10.25, "10.25")]
    [InlineData(0.001, "0.001")]
    [InlineData(0.0001, "1.0E-4")]
    [InlineData(0.00012345, "1.2345E-4")]
    [InlineData(9999999, "9999999.0")]
    [InlineData(10000000, "1.0E7")]
    [InlineData(1e10, "1.0E10")]
    [InlineData(1.5e300, "1.5E300")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    public void PrintJava_ANumber_IsAsJavaPrintsIt(double value, string expected) => Assert.Equal(expected, WeightText.PrintJava(value));

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "0:0:0:0:0:0:0:1")]
    [InlineData("2001:db8::1", "2001:db8:0:0:0:0:0:1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("fe80::1%3", "fe80:0:0:0:0:0:0:1%3")]
    public void Print_AnAddress_IsAsJavaPrintsIt(string address, string expected) => Assert.Equal(expected, JavaAddress.Print(IPAddress.Parse(address)));

    [Theory]
    [InlineData(0.5, "50 %")]
    [InlineData(1 / 3.0, "33.33 %")]
    [InlineData(0, "0 %")]
    [InlineData(0.00001234, "0.0012 %")]
    public void PrintShare_AShare_IsAPercentage(double share, string expected) => Assert.Equal(expected, WeightText.PrintShare(share));

    [Fact]
    public void Shares_OfASplit_AreOfTheBranchThenOfTheEndpoint()
    {
        var shares = EndpointShare.Of(new EndpointSet(Group(9, 0, (1, 1), (2, 3)), Group(1, 0, (3, 1)), new EndpointGroup([], 90)));
        Assert.Equal([0.225, 0.675, 0.1], shares.Select(share => share.Share));
        Assert.Equal([1, 3, 1], shares.Select(share => share.Weight));
    }

    [Fact]
    public void Shares_WeightsOfZero_CountOnlyAmongThemselves()
    {
        Assert.Equal([1, 0], EndpointShare.Of(new EndpointSet(Group(1, 0, (1, 5), (2, 0)))).Select(share => share.Share));
        Assert.Equal([0.5, 0.5], EndpointShare.Of(new EndpointSet(Group(1, 0, (1, 0), (2, 0)))).Select(share => share.Share));
        Assert.Equal([0, 1], EndpointShare.Of(new EndpointSet(Group(0, 0, (1, 1)), Group(7, 0, (2, 1)))).Select(share => share.Share));
        Assert.Equal([0.5, 0.5], EndpointShare.Of(new EndpointSet(Group(0, 0, (1, 1)), Group(0, 0, (2, 1)))).Select(share => share.Share));
    }

    [Fact]
    public void Print_EndpointsWithAnAuthority_HaveItInAColumn()
    {
        var set = EndpointSet.Create(
            new WeightedAddress(IPEndPoint.Parse("10.0.0.1:80"), metadata: new(authority: "web.service.dc1.consul")), new WeightedAddress(IPEndPoint.Parse("10.0.0.2:80")));
        Assert.Equal(
            ["    ENDPOINT     WEIGHT  SHARE  AUTHORITY", "    10.0.0.1:80  1       50 %   web.service.dc1.consul", "    10.0.0.2:80  1       50 %   -"],
            EndpointTable.Print(EndpointShare.Of(set)));
    }

    [Fact]
    public void Shares_OfTiers_AreOfTheFirstOneThatHasEndpoints()
    {
        var shares = EndpointShare.Of(new EndpointSet(new EndpointGroup([], 1, 0), Group(1, 1, (1, 1), (2, 1)), Group(1, 2, (3, 1))));
        Assert.Equal([0.5, 0.5, 0], shares.Select(share => share.Share));
        Assert.Equal([1, 1, 2], shares.Select(share => share.Tier));
    }

    private static EndpointGroup Group(double weight, int tier, params (int Port, double Weight)[] endpoints) =>
        new(endpoints.Select(endpoint => new WeightedAddress(new IPEndPoint(IPAddress.Loopback, endpoint.Port), endpoint.Weight)), weight, tier);
}
