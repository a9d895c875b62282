using System.Diagnostics;
using System.Globalization;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Benchmarks.Storm;

/// <summary>
/// How long are the turns of an event loop, of which every connection of the loop waits for, while many clients reconnect with full TLS handshakes? With the time budget of handshakes and without one, in turns.
/// <c>storm [--rounds N] [--seconds N] [--clients N] [--key rsa|ecdsa] [--provider auto|openssl|dotnet] [--proxy-cpu N] [--load-cpu N]</c>. The proxy is on one processor, clients and backend are in a process on another.
/// </summary>
internal static class StormCommand
{
    private const double WarmUp = 1.5;

    // The clients measure from before the record of turns to after it.
    private const double Margin = 1;

    public static async Task<int> RunAsync(string[] args)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("error: the event loops run on Linux only");
            return 1;
        }

        var rounds = Option(args, "--rounds", 5);
        var seconds = Option(args, "--seconds", 5);
        var clients = Option(args, "--clients", 256);
        var key = Text(args, "--key", "rsa");
        var provider = Enum.Parse<TlsProviderKind>(Text(args, "--provider", nameof(TlsProviderKind.Auto)), ignoreCase: true);

        // Threads that start from now on, the loop among them, are where this thread is.
        using var self = Process.GetCurrentProcess();
        self.ProcessorAffinity = 1 << Option(args, "--proxy-cpu", 0);
        var folder = Directory.CreateTempSubdirectory("storm-");
        try
        {
            var load = new StormClients(Option(args, "--load-cpu", 1));
            load.CreateCertificatesAsync(folder.FullName, key).GetAwaiter().GetResult();
            await using var proxy = new StormProxy(folder.FullName, load.Backend, provider);
            await proxy.StartAsync();
            Console.WriteLine($"{clients} clients, {key}, provider {provider}, {rounds} rounds of {seconds} s; times in us");
            var budgets = new[] { BudgetedQueue.Budget, TimeSpan.MaxValue };
            var results = budgets.ToDictionary(static budget => budget, static _ => new List<StormRound>());
            _ = await MeasureAsync(proxy, load, clients, seconds);
            for (var round = 1; round <= rounds; round++)
            {
                foreach (var budget in round % 2 == 1 ? budgets : budgets.Reverse())
                {
                    BudgetedQueue.Budget = budget;
                    var measured = await MeasureAsync(proxy, load, clients, seconds);
                    results[budget].Add(measured);
                    Console.WriteLine($"round {round}, {Describe(budget)}: {measured}");
                }
            }

            foreach (var (budget, measured) in results)
            {
                Console.WriteLine($"median, {Describe(budget)}: {StormRound.Median(measured)}");
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"handshakes with the budget by those without, median of the rounds: {StormRound.Ratio(results[budgets[0]], results[budgets[1]]):0.000}"));
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<StormRound> MeasureAsync(StormProxy proxy, StormClients load, int clients, int seconds)
    {
        var running = load.RunAsync(proxy.EndPoint, clients, WarmUp, seconds + (2 * Margin));
        await Task.Delay(TimeSpan.FromSeconds(WarmUp + Margin));
        proxy.Turns.Begin();
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var turns = proxy.Turns.End();
        return StormRound.Of(await running, turns);
    }

    private static string Describe(TimeSpan budget) => budget == TimeSpan.MaxValue ? "no budget" : string.Create(CultureInfo.InvariantCulture, $"budget {budget.TotalMilliseconds} ms");

    private static int Option(string[] args, string name, int value) => int.Parse(Text(args, name, value.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    private static string Text(string[] args, string name, string value) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : value;
}
