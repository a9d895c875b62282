using Linkerd.Tcp.LoadTest.Proxies;
using Linkerd.Tcp.LoadTest.Reporting;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Workloads;

namespace Linkerd.Tcp.LoadTest.Comparing;

/// <summary>
/// All rounds of all workloads. Proxies take turns within a round, and start it at another place each time, so what the machine does
/// meanwhile hits all of them alike. A proxy without TLS takes no part in the workloads that have it.
/// </summary>
internal sealed class Comparison(CompareSettings settings, TextWriter progress)
{
    private readonly CellRunner _runner = new(settings);
    private readonly ILookup<bool, ProxyKind> _byTls = settings.Proxies.ToLookup(static proxy => proxy.SupportsTls);

    /// <summary>Runs all, or what there is time for until it is cancelled; returns the cells that were measured at least once.</summary>
    public async Task<IReadOnlyList<Cell>> RunAsync(CancellationToken cancellation)
    {
        var cells = settings.Workloads
            .SelectMany(workload => ProxiesOf(workload).Select(proxy => new Cell { Workload = workload.Name, Proxy = proxy.Name, IsOurs = proxy.IsOurs, IsBaseline = proxy.IsBaseline }))
            .ToDictionary(static cell => (cell.Workload, cell.Proxy));
        try
        {
            await RunAsync(cells, cancellation);
        }
        catch (OperationCanceledException)
        {
            progress.WriteLine("interrupted; what was started is ended");
        }

        return [.. cells.Values.Where(static cell => cell.Rounds.Count > 0)];
    }

    private async Task RunAsync(Dictionary<(string Workload, string Proxy), Cell> cells, CancellationToken cancellation)
    {
        var (done, all) = (0, cells.Count * settings.Rounds);
        for (var round = 1; round <= settings.Rounds; round++)
        {
            foreach (var workload in settings.Workloads)
            {
                foreach (var proxy in Rotate([.. ProxiesOf(workload)], round - 1))
                {
                    var cell = cells[(workload.Name, proxy.Name)];
                    cell.Rounds.Add(await _runner.RunAsync(round, workload, proxy, cancellation));
                    progress.WriteLine(ProgressLine.Format(++done, all, settings.Rounds, cell));
                }
            }
        }
    }

    private IEnumerable<ProxyKind> ProxiesOf(Workload workload) => workload.Tls == TlsSides.None ? settings.Proxies : _byTls[true];

    private static IEnumerable<ProxyKind> Rotate(ProxyKind[] proxies, int by)
    {
        var first = proxies.Length == 0 ? 0 : by % proxies.Length;
        return proxies.Skip(first).Concat(proxies.Take(first));
    }
}
