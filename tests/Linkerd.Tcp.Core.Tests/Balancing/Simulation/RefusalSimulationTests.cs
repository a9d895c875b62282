using Linkerd.Tcp.TestUtilities.Balancing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing.Simulation;

/// <summary>Nobody fails while somebody can serve, from the first session on: 500 sessions a second, 10,000 of them.</summary>
public sealed class RefusalSimulationTests
{
    private static readonly BalanceLoad Load = new(500, TimeSpan.FromSeconds(1));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Run_SixOfTenRefuseAndOneSwallows_NoSessionFails(ulong seed)
    {
        var record = BalanceRun.Run(BalanceCases.SixRefuseOneSwallows, Load, seed);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{record.Failures.Count} of {record.SessionCount} sessions failed; {record.AttemptCount - record.SessionCount} further attempts, {record.FreeRetryCount} of them free, "
            + $"{record.MaxAttempts} of one session at most; the budget was used to {record.BudgetUse:0.0 %}; attempts at the silent one: {record.Servers[6].AttemptCount}");
        Assert.InRange(record.SessionCount, 9_500, 10_500);
        Assert.Empty(record.Failures);

        // Six that refuse, five times each, and what was under way when the breaker opened: a way there and back is 1 ms.
        Assert.InRange(record.FreeRetryCount, 1, 6 * 8);
        Assert.InRange(record.MaxAttempts, 1, 10);
        Assert.InRange(record.BudgetUse, 0, 1);
    }

    [Theory]
    [InlineData("peak-ewma")]
    [InlineData("least-connections")]
    [InlineData("round-robin")]
    [InlineData("random")]
    [InlineData("maglev")]
    public void Run_SixOfTenRefuseAndOneSwallows_NoSessionFailsWhateverTheBalancer(string balancer)
    {
        var record = BalanceRun.Run(BalanceCases.SixRefuseOneSwallows, Load, seed: 1, balancer);
        Assert.Empty(record.Failures);
        Assert.InRange(record.BudgetUse, 0, 1);
    }
}
