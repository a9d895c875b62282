using System.Globalization;
using System.Text;
using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim.Plots;

/// <summary>Sessions served and failed in each second.</summary>
internal static class SessionPlot
{
    private const string ServedColour = "#2f6fb7";
    private const string FailedColour = "#c0392b";
    private const string DownColour = "#f0f2f5";

    public static string Draw(BalanceRecord record)
    {
        var canvas = new Canvas("Sessions", record);
        var seconds = Length(record);
        var x = new Scale(seconds, Canvas.Right - Canvas.Left, isExact: true);
        var y = new Scale(Math.Max(record.Served.Max(), record.Failed.Max()), Canvas.Bottom - Canvas.Top);
        canvas.Legend("served", ServedColour);
        canvas.Legend("failed", FailedColour);
        canvas.Legend("no endpoint is up", DownColour, isArea: true);
        if (record is { FaultAt: { } from, BackAt: { } to })
        {
            canvas.Rectangle(Canvas.Left + x.Pixels(from.TotalSeconds), Canvas.Top, x.Pixels((to - from).TotalSeconds), Canvas.Bottom - Canvas.Top, DownColour);
        }

        canvas.YAxis(y, "sessions per second");
        canvas.XAxis(x, "time, s");
        Curve(record.Served, ServedColour);
        Curve(record.Failed, FailedColour);
        return canvas.ToString();

        // A step for each second.
        void Curve(IReadOnlyList<int> counts, string colour) => canvas.Curve(
            counts.Take(seconds).Index().SelectMany(second => new[] { (second.Index, second.Item), (second.Index + 1, second.Item) })
                .Select(point => (Canvas.Left + x.Pixels(point.Item1), Canvas.Bottom - y.Pixels(point.Item2))),
            colour,
            2);
    }

    public static string Data(BalanceRecord record)
    {
        var text = new StringBuilder("second,arrived,served,failed\n");
        for (var second = 0; second < Length(record); second++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{second},{record.Sessions[second]},{record.Served[second]},{record.Failed[second]}\n");
        }

        return text.ToString();
    }

    private static int Length(BalanceRecord record) => (int)record.Case.Duration.TotalSeconds;
}
