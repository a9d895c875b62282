using Linkerd.Tcp.LoadTest.Reporting;

namespace Linkerd.Tcp.LoadTest.Comparing;

/// <summary>One line for each run that is done, with the median so far.</summary>
internal static class ProgressLine
{
    public static string Format(int done, int all, int rounds, Cell cell)
    {
        var last = cell.Rounds[^1];
        var begin = $"[{done,4}/{all}] round {last.Round}/{rounds}  {cell.Workload,-18} {cell.Proxy,-21}";
        if (last.Result is not { } result)
        {
            return $"{begin} FAILED: {last.Error}";
        }

        var figures = Metric.All
            .Where(metric => metric.IsInProgress && metric.Read(result) is not null)
            .Select(metric => $"{metric.Format(metric.Read(result)!.Value)} {metric.ShortUnit(result)} (median {metric.Format(cell.Spread(metric)!.Median)})");
        var errors = result.Errors > 0 ? $"  {result.Errors} ERRORS: {string.Join(", ", result.ErrorKinds.Keys)}" : "";
        return $"{begin} {string.Join("  ", figures)}{errors}";
    }
}
