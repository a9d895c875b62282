using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim.Plots;

/// <summary>Which run is drawn how: the first seed of 1,000 sessions a second, held for 1 s.</summary>
internal static class Pictures
{
    public static void Write(IReadOnlyList<FinishedRun> runs, string folder)
    {
        foreach (var record in runs.Select(static run => run.Record).Where(static record => record.Load == BalanceLoad.Busy && record.Seed == 1))
        {
            switch (record.Case.Name)
            {
                case "equal-10" or "skewed" or "canary-light" or "canary-heavy":
                    Write(record, SharePlot.Draw(record), SharePlot.Data(record));
                    break;
                case "refuse-1-of-10" or "blackhole-1-of-10" or "flap-10-hz":
                    Write(record, LoadPlot.Draw(record, "the failing endpoint"), LoadPlot.Data(record));
                    break;
                case "rolling-restart":
                    Write(record, LoadPlot.Draw(record, "the first to restart"), LoadPlot.Data(record));
                    break;
                case "all-down-refusing" or "all-down-blackholed":
                    Write(record, SessionPlot.Draw(record), SessionPlot.Data(record));
                    break;
                default:
                    break;
            }
        }

        void Write(BalanceRecord record, string picture, string data)
        {
            var path = Path.Combine(folder, record.Case.Name);
            File.WriteAllText(path + ".svg", picture);
            File.WriteAllText(path + ".csv", data);
        }
    }
}
