using Linkerd.Tcp.TestUtilities.Balancing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing.Simulation;

/// <summary>A host has an IPv4 and an IPv6 address, and one family is dead: how many sessions wait for it.</summary>
public sealed class FamilySimulationTests
{
    // One finds out, and another may come before it has, in each of two minutes.
    [Theory]
    [InlineData(1, "p2c")]
    [InlineData(2, "p2c")]
    [InlineData(3, "p2c")]
    [InlineData(1, "peak-ewma")]
    [InlineData(1, "least-connections")]
    [InlineData(1, "round-robin")]
    [InlineData(1, "random")]
    public void Run_OneFamilyIsDead_FewSessionsWait(ulong seed, string balancer) => Check(1, 120, seed, balancer, least: 1, most: 6);

    // What is not known to belong together costs five sessions their three seconds, and one more each time that the endpoint is probed.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Run_OneAddressOfNoHostIsDead_MoreSessionsWait(ulong seed) => Check(1, 120, seed, "p2c", least: 7, most: 100, isHostKnown: false);

    // Those of the first 250 ms, of which each family gets half: then the silent one is in doubt, and none is known to have failed.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Run_OneFamilyIsDead_UnderLoadNoneWaitsAfterAQuarterOfASecond(ulong seed)
    {
        var record = Check(500, 55, seed, "p2c", least: 1, most: 100);
        Assert.All(record.Servers[0].Attempts.Skip(1), attempts => Assert.Equal(0, attempts));
    }

    private static BalanceRecord Check(int perSecond, double seconds, ulong seed, string balancer, int least, int most, bool isHostKnown = true)
    {
        var record = BalanceRun.Run(BalanceCases.DeadFamily(seconds, isHostKnown), new BalanceLoad(perSecond, TimeSpan.FromSeconds(1)), seed, balancer);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{record.LateCount} of {record.SessionCount} sessions waited, {record.LongestWait.TotalSeconds:0.0} s at most; attempts by second: "
            + string.Join(' ', record.Servers[0].Attempts.Select((count, second) => (count, second)).Where(each => each.count > 0).Select(each => $"{each.second} s: {each.count}")));
        Assert.Empty(record.Failures);
        Assert.InRange(record.LateCount, least, most);
        return record;
    }
}
