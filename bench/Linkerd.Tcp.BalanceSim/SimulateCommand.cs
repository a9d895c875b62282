using System.CommandLine;
using System.Diagnostics;
using Linkerd.Tcp.BalanceSim.Plots;
using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim;

/// <summary>Runs cases under loads from seeds, prints what came of their bounds, and draws the pictures.</summary>
internal static class SimulateCommand
{
    private static readonly Option<string?> Cases = new("--cases") { Description = "Comma-separated beginnings of names [default: all]" };
    private static readonly Option<bool> List = new("--list") { Description = "Only says which cases there are" };
    private static readonly Option<int> Seeds = new("--seeds") { Description = "How many seeds, from 1", DefaultValueFactory = static _ => 3 };
    private static readonly Option<string> Balancer = new("--balancer") { Description = $"One of {string.Join(", ", BalanceRun.Balancers.Keys)}", DefaultValueFactory = static _ => BalanceRun.Default };
    private static readonly Option<string?> Output = new("--output") { Description = "Folder for the pictures and their data, and for the figures of every run [default: none]" };
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Tells of every run as it ends" };

    public static RootCommand Create()
    {
        Balancer.AcceptOnlyFromAmong([.. BalanceRun.Balancers.Keys]);
        var command = new RootCommand("What balancing does under failure: the real code, simulated in virtual time, from seeds") { Cases, List, Seeds, Balancer, Output, Verbose };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        var beginnings = parsed.GetValue(Cases)?.Split(',') ?? [""];
        var cases = BalanceCases.All.Where(@case => beginnings.Any(beginning => @case.Name.StartsWith(beginning, StringComparison.Ordinal))).ToList();
        if (parsed.GetValue(List))
        {
            cases.ForEach(static @case => Console.WriteLine($"{@case.Name,-22}{@case.Title}"));
            return 0;
        }

        var watch = Stopwatch.StartNew();
        var runs = Runs.All(cases, parsed.GetValue(Seeds), parsed.GetValue(Balancer)!, parsed.GetValue(Verbose) ? Console.Error : TextWriter.Null);
        Console.WriteLine(BoundTable.Format(runs));
        Console.Error.WriteLine($"{runs.Count} runs in {watch.Elapsed.TotalSeconds:0} s, {Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds:0} s of processor time");
        if (parsed.GetValue(Output) is { } folder)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "cases.csv"), RunTable.Format(runs));
            Pictures.Write(runs, folder);
        }

        return runs.All(static run => run.Holds) ? 0 : 1;
    }
}
