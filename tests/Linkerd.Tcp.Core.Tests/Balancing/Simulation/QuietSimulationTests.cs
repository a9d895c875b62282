using Linkerd.Tcp.TestUtilities.Balancing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing.Simulation;

/// <summary>100 sessions a second.</summary>
public sealed class QuietSimulationTests : BalanceSimulationTests
{
    [Theory]
    [MemberData(nameof(Names))]
    public void Run_ShortSessions_KeepsBounds(string name) => CheckBounds(name, BalanceLoad.Quiet, seed: 1);

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_LongSessions_KeepsBounds(string name) => CheckBounds(name, BalanceLoad.QuietAndLong, seed: 2);

    [Theory]
    [MemberData(nameof(PromisedNames))]
    public void Run_ThirdSeed_KeepsBounds(string name) => CheckBounds(name, BalanceLoad.Quiet, seed: 3);

    [Fact]
    public void Run_SameSeed_GoesTheSameWay()
    {
        var runs = Enumerable.Range(0, 2).Select(static _ => BalanceRun.Run(BalanceCases.Get("all-down-blackholed"), BalanceLoad.Quiet, seed: 7)).ToArray();
        Assert.Equal(runs[0].Failures, runs[1].Failures);
        Assert.Equal(runs[0].Servers.SelectMany(static server => server.Attempts), runs[1].Servers.SelectMany(static server => server.Attempts));
        Assert.Equal(runs[0].Servers.SelectMany(static server => server.Samples), runs[1].Servers.SelectMany(static server => server.Samples));
    }

    [Fact]
    public void Run_OtherSeed_GoesAnotherWay()
    {
        var runs = Enumerable.Range(1, 2).Select(static seed => BalanceRun.Run(BalanceCases.Get("refuse-1-of-10"), BalanceLoad.Quiet, (ulong)seed)).ToArray();
        Assert.NotEqual(runs[0].Servers[0].Attempts, runs[1].Servers[0].Attempts);
    }
}
