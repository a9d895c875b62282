using System.Globalization;
using System.Text;
using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim;

/// <summary>Cases, bounds and figures as a table in Markdown: the worst figure of all seeds in each cell.</summary>
internal static class BoundTable
{
    public static string Format(IReadOnlyList<FinishedRun> runs)
    {
        var loads = runs.Select(static run => run.Record.Load).Distinct().ToList();
        var text = new StringBuilder("| case | bound | limit |");
        loads.ForEach(load => text.Append(CultureInfo.InvariantCulture, $" {load} |"));
        text.Append("\n|---|---|---:|").Append(string.Concat(Enumerable.Repeat("---:|", loads.Count))).Append('\n');
        foreach (var @case in runs.GroupBy(static run => run.Record.Case))
        {
            AppendCase(text, @case.Key, loads, @case.ToLookup(static run => run.Record.Load));
        }

        return text.ToString();
    }

    private static void AppendCase(StringBuilder text, BalanceCase @case, List<BalanceLoad> loads, ILookup<BalanceLoad, FinishedRun> runs)
    {
        var bounds = @case.Bounds(loads[0]);
        for (var i = 0; i < bounds.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {(i == 0 ? $"**{@case.Name}**: {@case.Title}" : "")} | {bounds[i].Text} | {Write(bounds[i].Limit, bounds[i])} |");
            foreach (var load in loads)
            {
                var bound = @case.Bounds(load)[i];
                var figures = runs[load].Select(run => run.Figures[i].Figure).ToList();
                var worst = figures.Any(double.IsNaN) ? double.NaN : figures.Max();
                var limit = bound.Limit == bounds[i].Limit ? "" : $" (of {Write(bound.Limit, bound)})";
                text.Append(CultureInfo.InvariantCulture, $" {(worst <= bound.Limit ? "" : "**missed:** ")}{Write(worst, bound)}{limit} |");
            }

            text.Append('\n');
        }
    }

    private static string Write(double value, BalanceBound bound) => double.IsNaN(value) ? "-" : value.ToString(bound.Format, CultureInfo.InvariantCulture);
}
