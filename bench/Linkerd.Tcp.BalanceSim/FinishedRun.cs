using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim;

/// <summary>A run that is done, with what became of the case's bounds.</summary>
internal sealed record FinishedRun(BalanceRecord Record, IReadOnlyList<(BalanceBound Bound, double Figure)> Figures, TimeSpan Time)
{
    public bool Holds => Figures.All(static figure => figure.Figure <= figure.Bound.Limit);

    public static FinishedRun Of(BalanceRecord record, TimeSpan time) =>
        new(record, [.. record.Case.Bounds(record.Load).Select(bound => (bound, bound.Measure(record)))], time);
}
