namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>The cases that there are.</summary>
public static partial class BalanceCases
{
    private const string Percent = "0.00 %";
    private const string Count = "#,0";
    private const string Number = "0.00";
    private const string Seconds = "0.00 s";

    // When what happens happens.
    private const double Fault = 10;

    public static IReadOnlyList<BalanceCase> All { get; } =
    [
        .. Weights(), .. Refusing(), .. Blackholes(), .. AllDown(), .. Flapping(), RollingRestart(), GrowAndShrink(), Herd(),
    ];

    /// <summary>The case of a name.</summary>
    public static BalanceCase Get(string name) => All.FirstOrDefault(@case => @case.Name == name)
        ?? throw new ArgumentException($"There is no case '{name}'; there are {string.Join(", ", All)}.", nameof(name));

    private static IReadOnlyList<double> Equal(int count) => [.. Enumerable.Repeat(1.0, count)];

    private static BalanceBound NoFailure() => new("failed sessions", 0, Count, static record => record.Failures.Count) { IsForEveryBalancer = true };

    private static BalanceBound Budget() => new("retries, of what the budget allowed until then", 1, Percent, static record => record.BudgetUse) { IsForEveryBalancer = true };

    private static BalanceBound ConnectsPerSession() => new("connects per session once the breakers opened", 1.05, "0.0000", static record => record.ConnectsPerSession());

    private static BalanceBound LoadRatio(double limit) => new("largest load, of the fair one", limit, Number, static record => record.MaxLoadRatio);

    private static BalanceBound FailedAfter(double seconds) =>
        new($"sessions that failed later than {seconds:0.#} s after it began", 0, Count, record => record.FailedAfter(TimeSpan.FromSeconds(seconds))) { IsForEveryBalancer = true };

    private static BalanceBound ShareAfter(double limit) =>
        new("attempts on a failing endpoint after its breaker opened", limit, Percent, static record => record.AttemptShareAfterOpening());
}
