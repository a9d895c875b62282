using System.Globalization;
using System.Text;
using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim.Plots;

/// <summary>The load of every endpoint over time, with one that fails in front.</summary>
internal static class LoadPlot
{
    private const string OthersColour = "#9fb3c8";
    private const string FailingColour = "#c0392b";
    private const string OpenColour = "#fbe3df";
    private const string FairColour = "#1f2933";
    private const string FairDashes = "4 3";

    public static string Draw(BalanceRecord record, string highlighted)
    {
        var failing = record.Servers[record.Failing[0]];
        var canvas = new Canvas("Load of each endpoint", record);
        var x = new Scale(record.Case.Duration.TotalSeconds, Canvas.Right - Canvas.Left, isExact: true);
        var y = new Scale(record.Servers.Max(server => Shown(server, record).Max(static sample => sample.Load)), Canvas.Bottom - Canvas.Top);
        canvas.Legend(highlighted, FailingColour);
        canvas.Legend("the others", OthersColour);
        canvas.Legend("its fair load", FairColour, width: 1, dashes: FairDashes);
        canvas.Legend("its breaker is open", OpenColour, isArea: true);
        foreach (var (from, to) in Openings(Shown(failing, record)))
        {
            canvas.Rectangle(Canvas.Left + x.Pixels(from), Canvas.Top, Math.Max(1.5, x.Pixels(to - from)), Canvas.Bottom - Canvas.Top, OpenColour);
        }

        canvas.YAxis(y, "load, connections");
        canvas.XAxis(x, "time, s");
        foreach (var server in record.Servers.Where(server => server != failing))
        {
            Curve(server, static sample => sample.Load, OthersColour, 1);
        }

        Curve(failing, static sample => sample.Fair, FairColour, 1, FairDashes);
        Curve(failing, static sample => sample.Load, FailingColour, 2);
        return canvas.ToString();

        void Curve(ServerRecord server, Func<LoadSample, double> value, string colour, double width, string? dashes = null) => canvas.Curve(
            Shown(server, record).Select(sample => (Canvas.Left + x.Pixels(sample.At.TotalSeconds), Canvas.Bottom - y.Pixels(value(sample)))), colour, width, dashes);
    }

    public static string Data(BalanceRecord record)
    {
        var text = new StringBuilder("time s");
        foreach (var server in record.Servers)
        {
            text.Append(CultureInfo.InvariantCulture, $",load {server.Index + 1}");
        }

        var failing = record.Servers[record.Failing[0]];
        text.Append(CultureInfo.InvariantCulture, $",fair load {failing.Index + 1},breaker open {failing.Index + 1}\n");
        for (var i = 0; i < Shown(failing, record).Count(); i++)
        {
            var sample = failing.Samples[i];
            text.Append(CultureInfo.InvariantCulture, $"{sample.At.TotalSeconds:0.0}");
            foreach (var server in record.Servers)
            {
                text.Append(CultureInfo.InvariantCulture, $",{server.Samples[i].Load}");
            }

            text.Append(CultureInfo.InvariantCulture, $",{sample.Fair:0.0},{(sample.IsEjected ? 1 : 0)}\n");
        }

        return text.ToString();
    }

    private static IEnumerable<LoadSample> Shown(ServerRecord server, BalanceRecord record) => server.Samples.TakeWhile(sample => sample.At <= record.Case.Duration);

    private static IEnumerable<(double From, double To)> Openings(IEnumerable<LoadSample> samples)
    {
        double? since = null;
        var last = 0.0;
        foreach (var sample in samples)
        {
            last = sample.At.TotalSeconds;
            if (sample.IsEjected)
            {
                since ??= last;
            }
            else if (since is { } from)
            {
                yield return (from, last);
                since = null;
            }
        }

        if (since is { } open)
        {
            yield return (open, last);
        }
    }
}
