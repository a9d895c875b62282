using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>The terminal that the process was started from, if any.</summary>
internal sealed partial class ControllingTerminal
{
    private const int StopOnOutput = 22;
    private const nint Ignore = 1;

    private readonly bool _wasThere = Exists();

    /// <summary>True if the process had a terminal and has lost it, because its window was closed or its connection broke.</summary>
    public bool IsGone => _wasThere && !Exists();

    /// <summary>
    /// Lets the process write to its terminal from the background under <c>stty tostop</c> too: a server must not stop serving because it logs. Ignoring SIGTTOU
    /// is POSIX's way for that (General Terminal Interface, 11.1.4).
    /// </summary>
    public static void AllowOutputFromBackground()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetHandler(StopOnOutput, Ignore);
        }
    }

    // Opening it fails with ENXIO if there is none, or it has hung up (tty(4)).
    private static bool Exists() => !OperatingSystem.IsWindows() && CanOpen();

    private static bool CanOpen()
    {
        try
        {
            File.OpenHandle("/dev/tty", FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
