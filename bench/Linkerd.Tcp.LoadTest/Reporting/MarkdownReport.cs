using System.Globalization;
using System.Text;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>The report for people: where it was measured, ratios at a glance, and a table for each workload.</summary>
internal static class MarkdownReport
{
    private const string Nothing = "-";

    public static string Format(ComparisonReport report)
    {
        var text = new StringBuilder();
        text.AppendLine("# Side by side").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{report.Date}; {report.Processor}, {report.Cores} cores; {report.Kernel}.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{report.Rounds} rounds of {report.Seconds} s after {report.WarmUpSeconds} s of warm-up; proxy on core {report.ProxyCore}, load and backend on core {report.LoadCore}.");
        text.AppendLine("Figures are medians of the rounds, in brackets the lowest and the highest.").AppendLine();
        foreach (var (name, version) in report.Versions)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"- {name}: {version}");
        }

        AppendSummary(text, report);
        AppendLimits(text, report);
        foreach (var workload in report.Workloads)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {workload.Name}").AppendLine();
            text.Append(FiguresOf(workload));
            AppendRatios(text, "ours by the better", workload.Ratios);
            AppendRatios(text, "ours by the baseline", workload.BaselineRatios);
            AppendErrors(text, workload);
        }

        return text.ToString();
    }

    private static void AppendSummary(StringBuilder text, ComparisonReport report)
    {
        if (!report.Workloads.Any(static workload => workload.Ratios.Count > 0))
        {
            return;
        }

        text.AppendLine().AppendLine("## Ours by the better of HAProxy and nginx").AppendLine();
        var metrics = Metric.All.Where(static metric => metric.IsCompared).ToArray();
        var table = new MarkdownTable(["workload", "proxy", .. metrics.Select(static metric => metric.IsHigherBetter ? $"{metric.Title} (more is better)" : metric.Title)]);
        foreach (var workload in report.Workloads)
        {
            foreach (var ratios in workload.Ratios.GroupBy(static ratio => ratio.Proxy))
            {
                table.Add([workload.Name, ratios.Key, .. metrics.Select(metric => ratios.FirstOrDefault(ratio => ratio.Metric == metric.Title) is { } ratio ? Number(ratio.OfMedians) : Nothing)]);
            }
        }

        text.Append(table);
    }

    private static void AppendLimits(StringBuilder text, ComparisonReport report)
    {
        var limited = report.Workloads.Where(static workload => workload is { Limit: not null, LimitedRatio: not null }).ToArray();
        if (limited.Length == 0)
        {
            return;
        }

        text.AppendLine().AppendLine("## Limits").AppendLine();
        text.AppendLine("Figures of linkerd-tcp with epoll by those of the better peer. The median of the rounds' ratios counts.").AppendLine();
        var table = new MarkdownTable(["workload", "figure", "median of the rounds' ratios", "ratios of the rounds", "ratio of medians", "by", "at most", "holds"]);
        foreach (var workload in limited)
        {
            var (ratio, atMost) = (workload.LimitedRatio!, workload.Limit!.AtMost);
            table.Add([workload.Name, ratio.Metric, Number(ratio.Median), $"{Number(ratio.Lowest)}..{Number(ratio.Highest)}", Number(ratio.OfMedians), ratio.Better, atMost.ToString("0.00", CultureInfo.InvariantCulture), ratio.Median <= atMost ? "yes" : "NO"]);
        }

        text.Append(table);
    }

    private static MarkdownTable FiguresOf(WorkloadReport workload)
    {
        var metrics = workload.Metrics.ToArray();
        var table = new MarkdownTable(["proxy", .. metrics.Select(metric => workload.Unit(metric) is { Length: > 0 } unit ? $"{metric.Title}, {unit}" : metric.Title)]);
        foreach (var cell in workload.Cells)
        {
            table.Add([cell.Proxy, .. metrics.Select(metric => cell.Spread(metric) is { } spread ? FormatSpread(metric, spread) : cell.IsFailed ? "failed" : Nothing)]);
        }

        return table;
    }

    private static string FormatSpread(Metric metric, Spread spread) => spread.Lowest == spread.Highest
        ? metric.Format(spread.Median)
        : $"{metric.Format(spread.Median)} ({metric.Format(spread.Lowest)}..{metric.Format(spread.Highest)})";

    private static void AppendRatios(StringBuilder text, string title, IReadOnlyList<Ratio> ratios)
    {
        if (ratios.Count == 0)
        {
            return;
        }

        text.AppendLine();
        var table = new MarkdownTable([title, "figure", "ratio of medians", "median of the rounds' ratios", "ratios of the rounds", "by"]);
        foreach (var ratio in ratios)
        {
            table.Add([ratio.Proxy, ratio.Metric, Number(ratio.OfMedians), Number(ratio.Median), $"{Number(ratio.Lowest)}..{Number(ratio.Highest)}", ratio.Better]);
        }

        text.Append(table);
    }

    private static void AppendErrors(StringBuilder text, WorkloadReport workload)
    {
        var errors = workload.Cells.SelectMany(static cell => cell.Rounds.SelectMany(round => ErrorsOf(cell, round))).ToArray();
        if (errors.Length > 0)
        {
            text.AppendLine().AppendLine("Errors:").AppendLine().AppendJoin('\n', errors).AppendLine();
        }
    }

    private static IEnumerable<string> ErrorsOf(Cell cell, CellRound round)
    {
        if (round.Error is not null)
        {
            yield return $"- {cell.Proxy}, round {round.Round}: {round.Error}";
        }

        foreach (var (kind, count) in round.Result?.ErrorKinds ?? new Dictionary<string, int>())
        {
            yield return $"- {cell.Proxy}, round {round.Round}: {count} x {kind}";
        }
    }

    private static string Number(double ratio) => ratio.ToString("0.000", CultureInfo.InvariantCulture);
}
