using Linkerd.Tcp.TestUtilities.Balancing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing.Simulation;

/// <summary>Every case keeps its bounds. The bench runs all of them under all loads, and more seeds.</summary>
public abstract class BalanceSimulationTests
{
    private static readonly string[] Promised =
        ["canary-light", "canary-heavy", "refuse-1-of-10", "refuse-1-of-2", "refuse-6-of-10", "refuse-9-of-10", "blackhole-1-of-10", "all-down-blackholed", "rolling-restart"];

    public static TheoryData<string> Names => [.. BalanceCases.All.Select(static @case => @case.Name)];

    public static TheoryData<string> PromisedNames => [.. Promised];

    protected static void CheckBounds(string name, BalanceLoad load, ulong seed, string balancer = BalanceRun.Default)
    {
        var record = BalanceRun.Run(BalanceCases.Get(name), load, seed, balancer);
        var bounds = record.Case.Bounds(load).Where(bound => balancer == BalanceRun.Default || bound.IsForEveryBalancer);
        Assert.All(bounds, bound =>
            Assert.True(bound.Holds(record), $"{name}, {load}, seed {seed}, {balancer}: {bound.Text}: {bound.Measure(record).ToString(bound.Format)} is more than {bound.Limit.ToString(bound.Format)}."));
    }
}
