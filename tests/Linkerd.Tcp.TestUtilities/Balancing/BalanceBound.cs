namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>What a case promises: a figure of its record that must not be above a limit.</summary>
/// <param name="Text">What is measured, for people.</param>
/// <param name="Limit">The most that it may be.</param>
/// <param name="Format">How figure and limit are written.</param>
/// <param name="Measure">Takes the figure from the record; not a number where there is none, which breaks the bound.</param>
public sealed record BalanceBound(string Text, double Limit, string Format, Func<BalanceRecord, double> Measure)
{
    /// <summary>Whether every balancer promises it, whatever its algorithm; otherwise the default one does.</summary>
    public bool IsForEveryBalancer { get; init; }

    public bool Holds(BalanceRecord record) => Measure(record) <= Limit;
}
