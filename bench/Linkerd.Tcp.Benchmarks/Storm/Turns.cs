using System.Diagnostics;

namespace Linkerd.Tcp.Benchmarks.Storm;

/// <summary>The lengths of an event loop's turns, while it is switched on. Written by the loop; read when it is off.</summary>
internal sealed class Turns
{
    private const double MicrosecondsPerSecond = 1e6;
    private readonly long[] _ticks = new long[4_000_000];
    private volatile bool _isOn;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(long ticks)
    {
        if (_isOn && _count < _ticks.Length)
        {
            _ticks[_count] = ticks;
            Volatile.Write(ref _count, _count + 1);
        }
    }

    public void Begin()
    {
        Volatile.Write(ref _count, 0);
        _isOn = true;
    }

    /// <summary>Ends the record.</summary>
    /// <returns>The lengths in microseconds, the shortest first.</returns>
    public double[] End()
    {
        _isOn = false;
        return [.. _ticks.Take(Count).Select(static ticks => ticks * MicrosecondsPerSecond / Stopwatch.Frequency).Order()];
    }

    /// <summary>The length that a share of all turns does not exceed.</summary>
    public static double Percentile(double[] sorted, double percent) => sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100) - 1)];

    /// <summary>The length for which half of the time is spent in longer turns.</summary>
    public static double HalfOfTime(double[] sorted)
    {
        var (sum, half) = (0.0, sorted.Sum() / 2);
        return sorted.First(turn => (sum += turn) >= half);
    }
}
