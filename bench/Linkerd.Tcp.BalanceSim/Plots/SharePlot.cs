using System.Globalization;
using System.Text;
using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim.Plots;

/// <summary>What each endpoint should have got by its weight, and what it got.</summary>
internal static class SharePlot
{
    private const string WantedColour = "#b8c2cc";
    private const string GotColour = "#2f6fb7";
    private const double BarWidth = 24;

    public static string Draw(BalanceRecord record)
    {
        var shares = Shares(record).ToList();
        var canvas = new Canvas("Shares of sessions", record);
        var scale = new Scale(shares.Max(static share => Math.Max(share.Wanted, share.Got)), Canvas.Bottom - Canvas.Top);
        canvas.Legend("wanted, by weight", WantedColour, isArea: true);
        canvas.Legend("got", GotColour, isArea: true);
        canvas.YAxis(scale, "share of sessions", " %");
        var space = (Canvas.Right - Canvas.Left) / shares.Count;
        foreach (var (index, (weight, wanted, got)) in shares.Index())
        {
            var middle = Canvas.Left + ((index + 0.5) * space);
            canvas.Rectangle(middle - BarWidth, Canvas.Bottom - scale.Pixels(wanted), BarWidth, scale.Pixels(wanted), WantedColour);
            canvas.Rectangle(middle, Canvas.Bottom - scale.Pixels(got), BarWidth, scale.Pixels(got), GotColour);
            canvas.Text(middle, Canvas.Bottom - scale.Pixels(Math.Max(wanted, got)) - 6, got.ToString("0.00", CultureInfo.InvariantCulture), Canvas.TextColour, "middle", 12);
            canvas.XTick(middle, weight.ToString("0.##", CultureInfo.InvariantCulture));
        }

        canvas.XTitle("endpoints, by weight");
        return canvas.ToString();
    }

    public static string Data(BalanceRecord record)
    {
        var text = new StringBuilder("endpoint,weight,wanted %,got %\n");
        foreach (var (index, (weight, wanted, got)) in Shares(record).Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"{index + 1},{weight},{wanted:0.0000},{got:0.0000}\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(double Weight, double Wanted, double Got)> Shares(BalanceRecord record)
    {
        var weights = record.Servers.Sum(static server => server.Weight);
        return record.Servers.Select(server => (server.Weight, 100 * server.Weight / weights, 100.0 * server.ServedCount / record.ServedCount));
    }
}
