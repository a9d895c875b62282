using System.Text.Json.Serialization;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>One workload through one proxy, all rounds.</summary>
internal sealed record Cell
{
    public required string Workload { get; init; }

    public required string Proxy { get; init; }

    public required bool IsOurs { get; init; }

    public bool IsBaseline { get; init; }

    public List<CellRound> Rounds { get; init; } = [];

    [JsonIgnore]
    public bool IsFailed => Rounds.Any(static round => round.Result is null or { Errors: > 0 });

    /// <summary>Median and range over the rounds that have the figure, or null where none has.</summary>
    public Spread? Spread(Metric metric) => Reporting.Spread.Of(Rounds.Select(round => Value(round, metric)).OfType<double>());

    /// <summary>The figure of one round.</summary>
    public static double? Value(CellRound round, Metric metric) => round.Result is null ? null : metric.Read(round.Result);
}
