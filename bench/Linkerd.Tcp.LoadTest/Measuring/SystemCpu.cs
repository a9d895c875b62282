using System.Globalization;

namespace Linkerd.Tcp.LoadTest.Measuring;

/// <summary>The CPU time of the whole machine, which shows other work that disturbs a run.</summary>
internal static class SystemCpu
{
    private const double ClockTicksPerSecond = 100;

    /// <summary>Seconds of CPU since boot, on all cores, without idle time and waits for input and output.</summary>
    public static double ReadBusySeconds()
    {
        // "cpu user nice system idle iowait irq softirq steal guest guest_nice"; the time of guests is in user and nice.
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new[] { 1, 2, 3, 6, 7, 8 }.Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture)) / ClockTicksPerSecond;
    }
}
