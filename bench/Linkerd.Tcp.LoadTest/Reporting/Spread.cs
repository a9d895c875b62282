namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>Median, lowest and highest of some rounds.</summary>
internal sealed record Spread(double Median, double Lowest, double Highest)
{
    public static Spread? Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? null : new((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }
}
