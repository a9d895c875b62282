using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class BalancerTextTests
{
    [Theory]
    [InlineData("p2c", BalancerKind.P2c)]
    [InlineData("P2C", BalancerKind.P2c)]
    [InlineData("peakEwma", BalancerKind.PeakEwma)]
    [InlineData("leastConnections", BalancerKind.LeastConnections)]
    [InlineData("leastconnections", BalancerKind.LeastConnections)]
    [InlineData("roundRobin", BalancerKind.RoundRobin)]
    [InlineData("random", BalancerKind.Random)]
    [InlineData("maglev", BalancerKind.Maglev)]
    public void Parse_AName_InAnyCase_IsThatKind(string text, BalancerKind kind) => Assert.Equal(kind, OptionTypes.Balancer.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("p3c")]
    [InlineData("least-connections")]
    [InlineData("0")]
    [InlineData(" p2c")]
    public void Parse_AnythingElse_ListsTheNames(string text) => Assert.Equal(
        "expected one of p2c, peakEwma, leastConnections, roundRobin, random, maglev",
        Assert.Throws<InvalidValueException>(() => OptionTypes.Balancer.Parse(text)).Message);
}
