using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Linkerd.Tcp.Cli.Metrics;

/// <summary>Creates the metrics of the process, under the names that Prometheus' own libraries use. Observed: the kernel is asked at collection.</summary>
internal static class ProcessInstruments
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Linkerd.Tcp.Process";

    /// <summary>Creates the meter. The caller disposes it.</summary>
    /// <param name="version">The version of the program.</param>
    public static Meter Create(string version)
    {
        var meter = new Meter(MeterName);
        using var process = Process.GetCurrentProcess();
        var startedAt = new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
        meter.CreateObservableGauge("linkerd.tcp.build.info", () => new Measurement<long>(1, new KeyValuePair<string, object?>("version", version)), "{build}", "1, with the version of the program.");
        meter.CreateObservableCounter("process.cpu", static () => OperatingSystem.IsLinux() ? Environment.CpuUsage.TotalTime.TotalSeconds : 0, "s", "The processor time that the process has used.");
        meter.CreateObservableGauge("process.resident_memory", static () => Environment.WorkingSet, "By", "The memory of the process that is resident.");
        meter.CreateObservableGauge("process.start_time", () => startedAt, "s", "The time at which the process was started, as seconds since 1970.");
        if (OperatingSystem.IsLinux())
        {
            meter.CreateObservableGauge("process.open_fds", static () => (long)Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1, "{descriptor}", "File descriptors that are open.");
            meter.CreateObservableGauge("process.max_fds", ReadLimit, "{descriptor}", "The limit of file descriptors.");
        }

        return meter;
    }

    private static long ReadLimit()
    {
        const string Name = "Max open files";
        var line = File.ReadLines("/proc/self/limits").First(static line => line.StartsWith(Name, StringComparison.Ordinal));
        var soft = line[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : -1;
    }
}
