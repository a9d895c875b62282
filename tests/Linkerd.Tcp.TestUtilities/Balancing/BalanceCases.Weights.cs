namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <content>All is well: shares.</content>
public static partial class BalanceCases
{
    private static IEnumerable<BalanceCase> Weights()
    {
        yield return Weighted("equal-10", "10 endpoints of equal weight", Equal(10), static load => [ShareError(load.IsBusy ? 0.05 : 0.1), LoadRatio(load.IsBusy ? 1.5 : 2)]);
        yield return Weighted("equal-100", "100 endpoints of equal weight", Equal(100), static load => [ShareError(load.IsBusy ? 0.05 : 0.25), Excess(4)]);
        yield return Weighted("equal-1000", "1,000 endpoints of equal weight", Equal(1000), static _ => [Excess(4)]);
        yield return Weighted("skewed", "10 endpoints of weights 1 to 10", [.. Enumerable.Range(1, 10).Select(static weight => (double)weight)], static load => [ShareError(load.IsBusy ? 0.1 : 0.15)]);
        yield return Weighted("canary-light", "a canary of weight 0.1 beside 9 of weight 1", [0.1, .. Equal(9)], static _ => [CanaryError()]);
        yield return Weighted("canary-heavy", "a canary of weight 10 beside 9 of weight 1", [10, .. Equal(9)], static _ => [CanaryError()]);
    }

    private static BalanceCase Weighted(string name, string title, IReadOnlyList<double> weights, Func<BalanceLoad, IReadOnlyList<BalanceBound>> bounds) =>
        new() { Name = name, Title = title, Weights = weights, Bounds = load => [.. bounds(load), NoFailure()] };

    private static BalanceBound ShareError(double limit) => new("share of sessions, furthest from the weight's", limit, Percent, static record => record.ShareError());

    private static BalanceBound CanaryError() => new("canary's share of sessions, off its weight's", 0.15, Percent, static record => record.ShareError(0));

    private static BalanceBound Excess(double limit) => new("load above 1.2 times the fair one, connections", limit, Number, static record => record.MaxExcess);
}
