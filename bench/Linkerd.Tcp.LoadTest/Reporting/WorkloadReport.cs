using System.Text.Json.Serialization;
using Linkerd.Tcp.LoadTest.Proxies;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>All cells of a workload, and what follows from them.</summary>
internal sealed record WorkloadReport
{
    public required string Name { get; init; }

    public required IReadOnlyList<Cell> Cells { get; init; }

    public required IReadOnlyList<Ratio> Ratios { get; init; }

    /// <summary>Ours by another build of ours, if one was measured.</summary>
    public IReadOnlyList<Ratio> BaselineRatios { get; init; } = [];

    /// <summary>The most that a ratio of linkerd-tcp with epoll may be, if there is a limit.</summary>
    public Limit? Limit { get; init; }

    /// <summary>The ratio that is compared with <see cref="Limit"/>.</summary>
    [JsonIgnore]
    public Ratio? LimitedRatio => Ratios.FirstOrDefault(ratio => ratio.Proxy == ProxyCatalog.Epoll && ratio.Metric == Limit?.Metric);

    /// <summary>The figures that at least one cell has.</summary>
    [JsonIgnore]
    public IEnumerable<Metric> Metrics => Metric.All.Where(metric => Cells.Any(cell => cell.Spread(metric) is not null));

    /// <summary>The unit of a figure, which depends on the workload.</summary>
    public string Unit(Metric metric) => Cells.SelectMany(static cell => cell.Rounds).Select(static round => round.Result).FirstOrDefault(static run => run is not null) is { } result ? metric.Unit(result) : "";

    public static WorkloadReport Create(string name, Limit? limit, IReadOnlyList<Cell> cells)
    {
        return new()
        {
            Name = name,
            Limit = limit,
            Cells = cells,
            Ratios = RatiosOf(cells, static cell => !cell.IsOurs && !cell.IsBaseline),
            BaselineRatios = RatiosOf(cells, static cell => cell.IsBaseline),
        };
    }

    private static Ratio[] RatiosOf(IReadOnlyList<Cell> cells, Func<Cell, bool> isOther)
    {
        var others = cells.Where(isOther).ToArray();
        return [.. cells.Where(static cell => cell.IsOurs)
            .SelectMany(ours => Metric.All.Where(static metric => metric.IsCompared).Select(metric => Ratio.Of(ours, others, metric)))
            .OfType<Ratio>()];
    }
}
