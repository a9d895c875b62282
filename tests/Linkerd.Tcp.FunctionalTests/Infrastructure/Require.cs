using System.Globalization;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What a test needs of the machine; without it the test is skipped, and says why.</summary>
internal static class Require
{
    /// <summary>A program's file.</summary>
    public static string Program(string name)
    {
        var file = ExternalProgram.Find(name);
        Assert.SkipWhen(file is null, $"{name} is not installed");
        return file!;
    }

    /// <summary>Linux, for what is read from /proc.</summary>
    public static void Linux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "this reads /proc, which is Linux's");

    /// <summary>A machine that the epoll engine runs on.</summary>
    public static void Epoll() => Assert.SkipUnless(TransportFactory.IsSupported(TransportEngine.Epoll), "the epoll engine runs on Linux, on x64 and arm64");

    /// <summary>So many descriptors in one process; Linux.</summary>
    public static void Descriptors(int count)
    {
        var line = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        var allowed = hard == "unlimited" ? long.MaxValue : long.Parse(hard, CultureInfo.InvariantCulture);
        Assert.SkipWhen(allowed < count, $"a process may have {allowed} descriptors (ulimit -Hn), and this needs {count}");
    }
}
