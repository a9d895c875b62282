using System.Globalization;
using System.Text;
using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim;

/// <summary>Every run in a line, as comma-separated values.</summary>
internal static class RunTable
{
    private const string Header =
        "case,sessions per second,holding s,seed,sessions,served,failed,attempts,retries,killed,longest wait s,most waiting,largest load of the fair one,breakers open after s,last failure s,failures by reason,bounds";

    public static string Format(IEnumerable<FinishedRun> runs)
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var run in runs)
        {
            text.Append(Line(run)).Append('\n');
        }

        return text.ToString();
    }

    public static string Line(FinishedRun run)
    {
        var record = run.Record;
        var reasons = record.Failures.GroupBy(static failed => failed.Reason).Select(static reason => $"{reason.Key} {reason.Count()}");
        var bounds = run.Figures.Where(static figure => figure.Figure is var value && !(value <= figure.Bound.Limit)).Select(static figure => figure.Bound.Text).ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{record.Case.Name},{record.Load.SessionsPerSecond},{record.Load.Holding.TotalSeconds},{record.Seed},{record.SessionCount},{record.ServedCount},{record.Failures.Count},{record.AttemptCount},{record.RetryCount},{record.Killed},{record.LongestWait.TotalSeconds:0.000},{record.MostWaiting},{record.MaxLoadRatio:0.000},{(record.AllOpenedAt - record.FaultAt)?.TotalSeconds:0.000},{LastFailure(record):0.000},{string.Join("; ", reasons)},{(bounds.Count == 0 ? "hold" : "missed: " + string.Join("; ", bounds).Replace(',', ' '))}");
    }

    private static double? LastFailure(BalanceRecord record) =>
        record.Failures.Count > 0 ? record.Failures.Max(static failed => failed.EndedAt).TotalSeconds : null;
}
