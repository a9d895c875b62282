namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>One figure of ours by that of the better of the others: the ratio of the medians, and median and range of the rounds' own ratios.</summary>
internal sealed record Ratio(string Proxy, string Better, string Metric, double OfMedians, double Median, double Lowest, double Highest)
{
    /// <summary>The ratio, or null where a side has no figure, or the other's is zero.</summary>
    public static Ratio? Of(Cell ours, IEnumerable<Cell> others, Metric metric)
    {
        if (ours.Spread(metric) is not { } spread || FindBetter(others, metric) is not { } better || better.Spread(metric)!.Median <= 0)
        {
            return null;
        }

        var rounds = Spread.Of(ours.Rounds.Join(
            better.Rounds,
            static round => round.Round,
            static round => round.Round,
            (mine, theirs) => Cell.Value(mine, metric) / Cell.Value(theirs, metric)).OfType<double>().Where(double.IsFinite));
        var ratio = spread.Median / better.Spread(metric)!.Median;
        return new(ours.Proxy, better.Proxy, metric.Title, ratio, rounds?.Median ?? ratio, rounds?.Lowest ?? ratio, rounds?.Highest ?? ratio);
    }

    private static Cell? FindBetter(IEnumerable<Cell> others, Metric metric)
    {
        var candidates = others.Where(cell => cell.Spread(metric) is not null);
        return metric.IsHigherBetter
            ? candidates.MaxBy(cell => cell.Spread(metric)!.Median)
            : candidates.MinBy(cell => cell.Spread(metric)!.Median);
    }
}
