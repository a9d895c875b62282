namespace Linkerd.Tcp.Cli.Statistics;

/// <summary>Atomic arithmetic that <see cref="Interlocked"/> lacks.</summary>
internal static class InterlockedDouble
{
    /// <summary>Adds.</summary>
    public static void Add(ref double location, double value)
    {
        var seen = Volatile.Read(ref location);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref location, seen + value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>Raises to the value if it is lower.</summary>
    public static void Max(ref double location, double value)
    {
        var seen = Volatile.Read(ref location);
        while (value > seen)
        {
            var before = Interlocked.CompareExchange(ref location, value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }
}
