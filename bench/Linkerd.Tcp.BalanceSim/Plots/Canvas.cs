using System.Globalization;
using System.Xml.Linq;
using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim.Plots;

/// <summary>A picture of 800 by 400 on white, with a title, a legend, and axes that begin at zero.</summary>
internal sealed class Canvas
{
    public const double Left = 70;
    public const double Right = 780;
    public const double Top = 104;
    public const double Bottom = 346;
    public const string TextColour = "#1f2933";
    private const int Width = 800;
    private const int Height = 400;
    private const string QuietColour = "#52606d";
    private const string GridColour = "#e4e8ec";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly XElement _root = new(
        Svg + "svg",
        new XAttribute("width", Width),
        new XAttribute("height", Height),
        new XAttribute("viewBox", $"0 0 {Width} {Height}"),
        new XAttribute("font-family", "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"),
        new XElement(Svg + "rect", new XAttribute("width", "100%"), new XAttribute("height", "100%"), new XAttribute("fill", "#ffffff")));

    private double _legendEnd = Left;

    public Canvas(string subject, BalanceRecord record)
    {
        var load = record.Load;
        Text(20, 26, $"{subject}, {record.Case.Name.Replace('-', ' ')}", TextColour, "start", 18, bold: true);
        Text(20, 46, record.Case.Title, QuietColour, "start", 12);
        Text(20, 62, string.Create(CultureInfo.InvariantCulture, $"{load.SessionsPerSecond:#,0} sessions a second, each held for {load.Holding.TotalSeconds:0} s"), QuietColour, "start", 12);
    }

    public void YAxis(Scale scale, string label, string unit = "")
    {
        foreach (var tick in scale.Ticks)
        {
            var y = Bottom - scale.Pixels(tick);
            Line(Left, y, Right, y, GridColour, 1);
            Text(Left - 8, y + 4, tick.ToString("#,0.###", CultureInfo.InvariantCulture) + unit, QuietColour, "end", 12);
        }

        var middle = (Top + Bottom) / 2;
        var text = Text(16, middle, label, TextColour, "middle", 13);
        text.Add(new XAttribute("transform", $"rotate(-90 16 {Round(middle)})"));
    }

    public void XAxis(Scale scale, string label)
    {
        foreach (var tick in scale.Ticks)
        {
            XTick(Left + scale.Pixels(tick), tick.ToString("#,0.###", CultureInfo.InvariantCulture));
        }

        XTitle(label);
    }

    public void XTick(double x, string text) => Text(x, Bottom + 18, text, QuietColour, "middle", 12);

    public void XTitle(string label) => Text((Left + Right) / 2, Bottom + 42, label, TextColour, "middle", 13);

    public void Legend(string text, string colour, bool isArea = false, double width = 3, string? dashes = null)
    {
        if (isArea)
        {
            Rectangle(_legendEnd, 76, 18, 12, colour);
        }
        else
        {
            Curve([(_legendEnd, 82), (_legendEnd + 18, 82)], colour, width, dashes);
        }

        Text(_legendEnd + 24, 86, text, TextColour, "start", 12);
        _legendEnd += 44 + (text.Length * 6.6);
    }

    public void Rectangle(double x, double y, double width, double height, string colour) => _root.Add(new XElement(
        Svg + "rect",
        new XAttribute("x", Round(x)),
        new XAttribute("y", Round(y)),
        new XAttribute("width", Round(width)),
        new XAttribute("height", Round(height)),
        new XAttribute("fill", colour)));

    public void Curve(IEnumerable<(double X, double Y)> points, string colour, double width, string? dashes = null) => _root.Add(new XElement(
        Svg + "polyline",
        new XAttribute("points", string.Join(' ', points.Select(static point => $"{Round(point.X)},{Round(point.Y)}"))),
        new XAttribute("fill", "none"),
        new XAttribute("stroke", colour),
        new XAttribute("stroke-width", width),
        new XAttribute("stroke-linejoin", "round"),
        dashes is null ? null : new XAttribute("stroke-dasharray", dashes)));

    public void Line(double x1, double y1, double x2, double y2, string colour, double width) => _root.Add(new XElement(
        Svg + "line",
        new XAttribute("x1", Round(x1)),
        new XAttribute("y1", Round(y1)),
        new XAttribute("x2", Round(x2)),
        new XAttribute("y2", Round(y2)),
        new XAttribute("stroke", colour),
        new XAttribute("stroke-width", width)));

    public XElement Text(double x, double y, string text, string colour, string anchor, int size, bool bold = false)
    {
        var element = new XElement(
            Svg + "text",
            new XAttribute("x", Round(x)),
            new XAttribute("y", Round(y)),
            new XAttribute("fill", colour),
            new XAttribute("text-anchor", anchor),
            new XAttribute("font-size", size),
            bold ? new XAttribute("font-weight", 600) : null,
            text);
        _root.Add(element);
        return element;
    }

    public override string ToString() => _root + "\n";

    private static string Round(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
