using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>The pages of the executable's own file that are mapped into the process: code and constants.</summary>
internal static partial class ExecutablePages
{
    private const int DontNeed = 4;

    /// <summary>
    /// Unmaps the pages that cannot have changed. The kernel maps them in again, 16 at a time, when they are needed (madvise(2), MADV_DONTNEED on a private mapping of a file); those that only the start
    /// needed stay away. It has no effect if code is compiled at run time, as a mapping could change meanwhile.
    /// </summary>
    public static void Unmap()
    {
        if (!OperatingSystem.IsLinux() || RuntimeFeature.IsDynamicCodeSupported || Environment.ProcessPath is not { } path)
        {
            return;
        }

        try
        {
            foreach (var (start, length) in FindUnchanged(File.ReadLines("/proc/self/smaps"), path))
            {
                _ = Advise(start, length, DontNeed);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without /proc they stay.
        }
    }

    /// <summary>Finds the mappings of a file that cannot be written to and have no page of their own, such as one with relocations.</summary>
    /// <param name="smaps">The lines of /proc/PID/smaps (proc_pid_smaps(5)).</param>
    /// <param name="path">The path of the file.</param>
    public static IEnumerable<(nint Start, nint Length)> FindUnchanged(IEnumerable<string> smaps, string path)
    {
        var (start, length) = ((nint)0, (nint)0);
        foreach (var line in smaps)
        {
            // 55d0c0a00000-55d0c0b00000 r-xp 00130000 08:01 1234    /usr/bin/linkerd-tcp
            var dash = line.IndexOf('-', StringComparison.Ordinal);
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (dash > 0 && dash < space)
            {
                var isUnwritable = line.Length > space + 4 && line[space + 2] == '-' && line[space + 4] == 'p';
                (start, length) = isUnwritable && line.EndsWith($" {path}", StringComparison.Ordinal) ? Range(line, dash, space) : (0, 0);
            }
            else if (length > 0 && line.StartsWith("Anonymous:", StringComparison.Ordinal) && line.AsSpan()["Anonymous:".Length..].Trim() is "0 kB")
            {
                yield return (start, length);
            }
        }
    }

    private static (nint Start, nint Length) Range(string line, int dash, int space)
    {
        var start = nint.Parse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (start, nint.Parse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture) - start);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nint length, int advice);
}
