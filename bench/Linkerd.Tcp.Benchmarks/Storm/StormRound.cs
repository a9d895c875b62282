using System.Globalization;
using System.Text.Json;

namespace Linkerd.Tcp.Benchmarks.Storm;

/// <summary>One round: handshakes by second, and lengths of turns in microseconds.</summary>
internal sealed record StormRound(double Handshakes, double Busy, double Turns, double P50, double P99, double P999, double Longest, double HalfOfTime, double ClientP99)
{
    /// <param name="load">The result of the load test.</param>
    /// <param name="turns">The lengths, the shortest first.</param>
    public static StormRound Of(JsonElement load, double[] turns) => new(
        load.GetProperty("operationsPerSecond").GetDouble(),
        load.GetProperty("proxyBusy").GetDouble() * 100,
        turns.Length,
        Storm.Turns.Percentile(turns, 50),
        Storm.Turns.Percentile(turns, 99),
        Storm.Turns.Percentile(turns, 99.9),
        turns[^1],
        Storm.Turns.HalfOfTime(turns),
        load.GetProperty("latency").GetProperty("p99").GetDouble());

    /// <summary>The median of each figure.</summary>
    public static StormRound Median(IReadOnlyList<StormRound> rounds) => new(
        MedianOf(rounds, static round => round.Handshakes),
        MedianOf(rounds, static round => round.Busy),
        MedianOf(rounds, static round => round.Turns),
        MedianOf(rounds, static round => round.P50),
        MedianOf(rounds, static round => round.P99),
        MedianOf(rounds, static round => round.P999),
        MedianOf(rounds, static round => round.Longest),
        MedianOf(rounds, static round => round.HalfOfTime),
        MedianOf(rounds, static round => round.ClientP99));

    /// <summary>The median of the rounds' ratios of handshakes.</summary>
    public static double Ratio(IReadOnlyList<StormRound> rounds, IReadOnlyList<StormRound> others) =>
        MedianOf([.. rounds.Zip(others)], static pair => pair.First.Handshakes / pair.Second.Handshakes);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Handshakes:0} handshakes/s, proxy {Busy:0}% busy, {Turns:0} turns: p50 {P50:0}, p99 {P99:0}, p99.9 {P999:0}, longest {Longest:0}; half of the time in turns longer than {HalfOfTime:0}; connect to echo p99 {ClientP99:0}");

    private static double MedianOf<T>(IReadOnlyList<T> items, Func<T, double> read)
    {
        var sorted = items.Select(read).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
