using System.Globalization;

namespace Linkerd.Tcp.LoadTest.Measuring;

/// <summary>The processes of a proxy, with their children, as /proc shows them.</summary>
internal sealed class ProcessTree(IReadOnlyList<int> roots)
{
    private const int ClockTicksPerSecond = 100;
    private const int NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The CPU time of each thread, in nanoseconds.</summary>
    public Dictionary<string, long> ReadCpu()
    {
        var times = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var process in Processes())
        {
            var found = false;
            foreach (var task in Tasks(process))
            {
                // "time on CPU, time waiting, time slices"; unlike utime it is in nanoseconds.
                if (Read($"{task}/schedstat") is { } text)
                {
                    times[task] = long.Parse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
                    found = true;
                }
            }

            if (!found && Read($"/proc/{process}/stat") is { } stat)
            {
                times[$"/proc/{process}"] = ReadClockTicks(stat);
            }
        }

        return times;
    }

    /// <summary>Seconds of CPU between two readings; what a thread that ended in between used is lost.</summary>
    public static double SecondsBetween(Dictionary<string, long> begin, Dictionary<string, long> end) =>
        end.Sum(time => time.Value - begin.GetValueOrDefault(time.Key)) / (double)NanosecondsPerSecond;

    /// <summary>Resident memory in bytes.</summary>
    public long ReadResidentBytes() => Processes().Sum(static process =>
    {
        const string Label = "VmRSS:";
        var status = Read($"/proc/{process}/status") ?? "";
        var at = status.IndexOf(Label, StringComparison.Ordinal);
        return at < 0 ? 0 : long.Parse(status.AsSpan(at + Label.Length, status.IndexOf("kB", at, StringComparison.Ordinal) - at - Label.Length).Trim(), CultureInfo.InvariantCulture) * 1024;
    });

    /// <summary>How many descriptors are open.</summary>
    public int CountDescriptors() => Processes().Sum(static process =>
        Directory.Exists($"/proc/{process}/fd") ? Directory.GetFileSystemEntries($"/proc/{process}/fd").Length : 0);

    /// <summary>The processes that were given, and all that they started.</summary>
    public IReadOnlyList<int> Processes()
    {
        var all = new List<int>(roots);
        for (var i = 0; i < all.Count; i++)
        {
            var children = Tasks(all[i])
                .SelectMany(static task => (Read($"{task}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(static child => int.Parse(child, CultureInfo.InvariantCulture));
            all.AddRange(children.Where(child => !all.Contains(child)).ToArray());
        }

        return all;
    }

    private static string[] Tasks(int process) =>
        Directory.Exists($"/proc/{process}/task") ? Directory.GetDirectories($"/proc/{process}/task") : [];

    // Fields 14 and 15, counted behind the name, which may have spaces in it.
    private static long ReadClockTicks(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return ticks * (NanosecondsPerSecond / ClockTicksPerSecond);
    }

    // A process or thread may end between being listed and being read.
    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path) is { Length: > 0 } text ? text : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
