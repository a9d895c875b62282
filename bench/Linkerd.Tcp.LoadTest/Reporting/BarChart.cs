using System.Globalization;
using System.Xml.Linq;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>A picture of one workload: a bar for each proxy, with its median and the range of its rounds.</summary>
internal static class BarChart
{
    private const int Width = 800;
    private const int Left = 200;
    private const int BarSpace = 470;
    private const int Top = 66;
    private const int RowHeight = 40;
    private const int BarHeight = 22;
    private const int Bottom = 58;
    private const int WhiskerHeight = 8;
    private const string OursColour = "#5794d6";
    private const string OthersColour = "#a9b4c0";
    private const string TextColour = "#1f2933";
    private const string QuietColour = "#6b7785";
    private const string GridColour = "#e4e8ec";
    private const string WhiskerColour = "#3e4c59";
    private const string ErrorColour = "#b42318";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>The picture, or null where nothing was measured.</summary>
    public static string? Draw(WorkloadReport workload)
    {
        var metric = new[] { Metric.Growth, Metric.Cpu, Metric.Percentile99 }.FirstOrDefault(candidate => workload.Cells.Any(cell => cell.Spread(candidate) is not null));
        if (metric is null)
        {
            return null;
        }

        var axis = new Axis(workload.Cells.Max(cell => cell.Spread(metric)?.Highest ?? 0), BarSpace);
        var plotBottom = Top + (workload.Cells.Count * RowHeight);
        var picture = new XElement(
            Svg + "svg",
            new XAttribute("width", Width),
            new XAttribute("height", plotBottom + Bottom),
            new XAttribute("viewBox", $"0 0 {Width} {plotBottom + Bottom}"),
            new XAttribute("font-family", "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"),
            new XAttribute("font-size", 14),
            new XElement(Svg + "rect", new XAttribute("width", "100%"), new XAttribute("height", "100%"), new XAttribute("fill", "#ffffff")),
            Text(20, 30, workload.Name, TextColour, "start", size: 18, bold: true),
            Text(20, 50, $"{Subject(metric)}; less is better. Bars are medians, lines the range of the rounds.", QuietColour, "start", size: 12),
            axis.Ticks.Select(tick => Tick(axis, tick, plotBottom)),
            Text(Left + (BarSpace / 2), plotBottom + 44, $"{Subject(metric)}, {workload.Unit(metric)}", TextColour, "middle", size: 13),
            workload.Cells.Select((cell, row) => Row(cell, metric, axis, Top + (row * RowHeight))));
        return picture + "\n";
    }

    private static string Subject(Metric metric) =>
        metric == Metric.Cpu ? "CPU time of the proxy" : metric == Metric.Growth ? "Growth of the proxy's memory" : "99th percentile of the round trips";

    private static IEnumerable<XElement> Tick(Axis axis, double value, int bottom)
    {
        var x = Left + axis.Position(value);
        yield return Line(x, Top, x, bottom, GridColour);
        yield return Text(x, bottom + 20, value.ToString("#,0.###", CultureInfo.InvariantCulture), QuietColour, "middle", size: 12);
    }

    private static IEnumerable<XElement> Row(Cell cell, Metric metric, Axis axis, int top)
    {
        var middle = top + (RowHeight / 2);
        yield return Text(Left - 12, middle + 5, cell.Proxy, TextColour, "end", bold: cell.IsOurs);
        if (cell.Spread(metric) is not { } spread)
        {
            yield return Text(Left + 8, middle + 5, "failed", ErrorColour, "start");
            yield break;
        }

        yield return new(
            Svg + "rect",
            new XAttribute("x", Left),
            new XAttribute("y", middle - (BarHeight / 2)),
            new XAttribute("width", Round(axis.Position(Math.Max(0, spread.Median)))),
            new XAttribute("height", BarHeight),
            new XAttribute("rx", 2),
            new XAttribute("fill", cell.IsOurs ? OursColour : OthersColour));
        var (low, high) = (Left + axis.Position(Math.Max(0, spread.Lowest)), Left + axis.Position(Math.Max(0, spread.Highest)));
        if (spread.Lowest < spread.Highest)
        {
            yield return Line(low, middle, high, middle, WhiskerColour);
            yield return Line(low, middle - (WhiskerHeight / 2), low, middle + (WhiskerHeight / 2), WhiskerColour);
            yield return Line(high, middle - (WhiskerHeight / 2), high, middle + (WhiskerHeight / 2), WhiskerColour);
        }

        yield return Text(high + 10, middle + 5, metric.Format(spread.Median) + (cell.IsFailed ? " (with errors)" : ""), cell.IsFailed ? ErrorColour : TextColour, "start", bold: true);
    }

    private static XElement Text(double x, double y, string text, string colour, string anchor, int size = 14, bool bold = false) => new(
        Svg + "text",
        new XAttribute("x", Round(x)),
        new XAttribute("y", Round(y)),
        new XAttribute("fill", colour),
        new XAttribute("text-anchor", anchor),
        new XAttribute("font-size", size),
        bold ? new XAttribute("font-weight", 600) : null,
        text);

    private static XElement Line(double x1, double y1, double x2, double y2, string colour) => new(
        Svg + "line",
        new XAttribute("x1", Round(x1)),
        new XAttribute("y1", Round(y1)),
        new XAttribute("x2", Round(x2)),
        new XAttribute("y2", Round(y2)),
        new XAttribute("stroke", colour));

    private static string Round(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
