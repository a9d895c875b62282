using System.Text.Json.Serialization;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>All cells of a workload, and what follows from them.</summary>
internal sealed record WorkloadReport
{
    public required string Name { get; init; }

    public required IReadOnlyList<Cell> Cells { get; init; }

    public required IReadOnlyList<Ratio> Ratios { get; init; }

    /// <summary>The figures that at least one cell has.</summary>
    [JsonIgnore]
    public IEnumerable<Metric> Metrics => Metric.All.Where(metric => Cells.Any(cell => cell.Spread(metric) is not null));

    /// <summary>The unit of a figure, which depends on the workload.</summary>
    public string Unit(Metric metric) => Cells.SelectMany(static cell => cell.Rounds).Select(static round => round.Result).FirstOrDefault(static run => run is not null) is { } result ? metric.Unit(result) : "";

    public static WorkloadReport Create(string name, IReadOnlyList<Cell> cells)
    {
        var others = cells.Where(static cell => !cell.IsOurs).ToArray();
        return new()
        {
            Name = name,
            Cells = cells,
            Ratios = [.. cells.Where(static cell => cell.IsOurs)
                .SelectMany(ours => Metric.All.Where(static metric => metric.IsCompared).Select(metric => Ratio.Of(ours, others, metric)))
                .OfType<Ratio>()],
        };
    }
}
