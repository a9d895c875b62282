using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Benchmarks.Storm;

/// <summary>The lengths of an event loop's turns, while it is switched on, in time and in CPU time of the loop's thread. Written by the loop; read when it is off.</summary>
/// <remarks>On a busy machine the time has preemptions by other processes in it, which are not the loop's; the CPU time has not, but lacks waits for the collector.</remarks>
internal sealed partial class Turns
{
    private const int ThreadCpuClock = 3;
    private const int MaxTurns = 2_000_000;
    private readonly long[] _ticks = new long[MaxTurns];
    private readonly long[] _cpu = new long[MaxTurns];
    private volatile bool _isOn;
    private long _lastCpu;
    private int _count;

    /// <summary>Adds a turn that ends now. On the loop.</summary>
    public void Add(long ticks)
    {
        // Between two turns there is a wait for events, which takes next to none.
        var cpu = ThreadCpu();
        if (_isOn && _count < MaxTurns)
        {
            (_ticks[_count], _cpu[_count]) = (ticks, cpu - _lastCpu);
            _count++;
        }

        _lastCpu = cpu;
    }

    public void Begin()
    {
        _count = 0;
        _isOn = true;
    }

    /// <summary>Ends the record.</summary>
    public (TurnLengths Time, TurnLengths Cpu) End()
    {
        _isOn = false;
        var count = Volatile.Read(ref _count);
        return (TurnLengths.Of(_ticks.AsSpan(0, count), 1e6 / Stopwatch.Frequency), TurnLengths.Of(_cpu.AsSpan(0, count), 1e-3));
    }

    private static long ThreadCpu()
    {
        _ = GetTime(ThreadCpuClock, out var time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpecification time);

    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

/// <summary>The distribution of the lengths of turns, in microseconds.</summary>
/// <param name="Count">The number of turns.</param>
/// <param name="P50">The length that half of the turns do not exceed.</param>
/// <param name="P99">The length that 99 % of the turns do not exceed.</param>
/// <param name="P999">The length that 99.9 % of the turns do not exceed.</param>
/// <param name="Longest">The longest turn.</param>
/// <param name="HalfOfTime">The length for which half of the time is spent in longer turns.</param>
internal sealed record TurnLengths(double Count, double P50, double P99, double P999, double Longest, double HalfOfTime)
{
    public static TurnLengths Of(ReadOnlySpan<long> lengths, double microsecondsPerUnit)
    {
        var sorted = lengths.ToArray().Select(length => length * microsecondsPerUnit).Order().ToArray();
        var (sum, half) = (0.0, sorted.Sum() / 2);
        return new(sorted.Length, At(50), At(99), At(99.9), sorted[^1], sorted.First(length => (sum += length) >= half));

        double At(double percent) => sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100) - 1)];
    }
}
