using System.Globalization;
using System.Text.Json;

namespace Linkerd.Tcp.Benchmarks.Storm;

/// <summary>One round: handshakes by second, the shares of time for which proxy and load used a processor, turns of the loop, and the time from connect to echo.</summary>
internal sealed record StormRound(double Handshakes, double Busy, double LoadBusy, TurnLengths Time, TurnLengths Cpu, double ClientP99)
{
    /// <param name="load">The result of the load test.</param>
    /// <param name="turns">The turns in time and in CPU time.</param>
    public static StormRound Of(JsonElement load, (TurnLengths Time, TurnLengths Cpu) turns) => new(
        load.GetProperty("operationsPerSecond").GetDouble(),

        // The load is a child of the process that it measures.
        load.GetProperty("proxyBusy").GetDouble() - load.GetProperty("loadBusy").GetDouble(),
        load.GetProperty("loadBusy").GetDouble(),
        turns.Time,
        turns.Cpu,
        load.GetProperty("latency").GetProperty("p99").GetDouble());

    /// <summary>The median of each figure.</summary>
    public static StormRound Median(IReadOnlyList<StormRound> rounds) => new(
        MedianOf(rounds, static round => round.Handshakes),
        MedianOf(rounds, static round => round.Busy),
        MedianOf(rounds, static round => round.LoadBusy),
        Median([.. rounds.Select(static round => round.Time)]),
        Median([.. rounds.Select(static round => round.Cpu)]),
        MedianOf(rounds, static round => round.ClientP99));

    /// <summary>The median of the rounds' ratios of handshakes.</summary>
    public static double Ratio(IReadOnlyList<StormRound> rounds, IReadOnlyList<StormRound> others) =>
        MedianOf([.. rounds.Zip(others)], static pair => pair.First.Handshakes / pair.Second.Handshakes);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Handshakes:0} handshakes/s, proxy {Busy:0%} busy, load {LoadBusy:0%}, {Time.Count:0} turns; time {Format(Time)}; CPU time {Format(Cpu)}; connect to echo p99 {ClientP99:0}");

    private static string Format(TurnLengths turns) => string.Create(
        CultureInfo.InvariantCulture, $"p50 {turns.P50:0}, p99 {turns.P99:0}, p99.9 {turns.P999:0}, longest {turns.Longest:0}, half of it in turns longer than {turns.HalfOfTime:0}");

    private static TurnLengths Median(IReadOnlyList<TurnLengths> turns) => new(
        MedianOf(turns, static turn => turn.Count),
        MedianOf(turns, static turn => turn.P50),
        MedianOf(turns, static turn => turn.P99),
        MedianOf(turns, static turn => turn.P999),
        MedianOf(turns, static turn => turn.Longest),
        MedianOf(turns, static turn => turn.HalfOfTime));

    private static double MedianOf<T>(IReadOnlyList<T> items, Func<T, double> read)
    {
        var sorted = items.Select(read).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
