using System.Globalization;

namespace Linkerd.Tcp.Benchmarks.Baseline;

/// <summary>
/// Compares picks and copies with the baseline in docs/benchmark.md. The figure that is compared is the ratio to a method that is written by hand, in the same round, so that it does not depend on the machine.
/// <c>baseline [--suite NAME] [--rounds N] [--tolerance PERCENT] [--update]</c>; <c>--update</c> writes the results as the new baseline.
/// </summary>
internal static class BaselineCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var rounds = (int)Option(args, "--rounds", 3);
        var tolerance = Option(args, "--tolerance", 25) / 100;
        var only = Array.IndexOf(args, "--suite") is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        var suites = BaselineSuite.All.Where(suite => only is null || suite.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToList();
        if (suites.Count == 0)
        {
            Console.Error.WriteLine($"--suite {only}: expected a part of {string.Join(" or ", BaselineSuite.All.Select(static suite => suite.Name))}");
            return 64;
        }

        var path = FindPage();
        var isWorse = false;
        foreach (var suite in suites)
        {
            var now = Measure(suite, rounds);
            var page = await File.ReadAllTextAsync(path);
            if (args.Contains("--update"))
            {
                await File.WriteAllTextAsync(path, now.WriteTo(page, suite.Name));
                Console.WriteLine($"{now}{Environment.NewLine}written to {path}");
            }
            else
            {
                isWorse |= Compare(suite, BaselineTable.Read(page, suite.Name), now, tolerance);
            }
        }

        return isWorse ? 1 : 0;
    }

    private static BaselineTable Measure(BaselineSuite suite, int rounds)
    {
        var results = new List<(string Row, string Method, double Ratio, double Nanoseconds)>();
        for (var round = 1; round <= rounds; round++)
        {
            Console.WriteLine($"{suite.Name}: round {round} of {rounds}");
            var measured = suite.Run();
            results.AddRange(measured.Select(one =>
            {
                var reference = suite.References.GetValueOrDefault(one.Method, one.Method);
                return (one.Row, one.Method, one.Nanoseconds / measured.First(other => other.Row == one.Row && other.Method == reference).Nanoseconds, one.Nanoseconds);
            }));
        }

        var methods = results.Select(static result => result.Method).Distinct().ToList();
        var table = new BaselineTable(methods);
        foreach (var row in results.GroupBy(static result => result.Row))
        {
            table.Add(row.Key, [.. methods.Select(method =>
            {
                var all = row.Where(result => result.Method == method).ToList();
                return new BaselineCell(Median(all.Select(static result => result.Ratio)), Median(all.Select(static result => result.Nanoseconds)));
            })]);
        }

        return table;
    }

    private static bool Compare(BaselineSuite suite, BaselineTable before, BaselineTable now, double tolerance)
    {
        var isWorse = false;
        Console.WriteLine($"| {suite.Name} | by hand | now | baseline | change |\n|---|---|---|---|---|");
        foreach (var (row, cells) in now.Rows)
        {
            foreach (var (method, cell) in now.Columns.Zip(cells).Where(column => suite.References.ContainsKey(column.First)))
            {
                var known = before.Find(row, method);
                var change = (cell.Ratio / known?.Ratio) - 1;
                isWorse |= change > tolerance;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {method}, {row} | {suite.References[method]} | {cell} | {known?.ToString() ?? "none"} | {change:+0 %;-0 %;0 %}{(change > tolerance ? ", WORSE" : "")} |"));
            }
        }

        return isWorse;
    }

    private static string FindPage()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LinkerdTcp.sln")))
            {
                return Path.Combine(folder.FullName, "docs", "benchmark.md");
            }
        }

        throw new InvalidOperationException("No folder above the program has LinkerdTcp.sln: run it with dotnet run in a clone.");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Option(string[] args, string name, double value) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? double.Parse(args[at + 1], CultureInfo.InvariantCulture) : value;
}
