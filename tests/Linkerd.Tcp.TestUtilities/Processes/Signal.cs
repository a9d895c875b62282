using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>A POSIX signal, by its number on Linux.</summary>
public readonly partial record struct Signal(int Number)
{
    /// <summary>SIGHUP.</summary>
    public static Signal HangUp => new(1);

    /// <summary>SIGINT.</summary>
    public static Signal Interrupt => new(2);

    /// <summary>SIGQUIT.</summary>
    public static Signal Quit => new(3);

    /// <summary>SIGUSR1.</summary>
    public static Signal User1 => new(10);

    /// <summary>SIGUSR2.</summary>
    public static Signal User2 => new(12);

    /// <summary>SIGKILL.</summary>
    public static Signal Kill => new(9);

    /// <summary>SIGTERM.</summary>
    public static Signal Terminate => new(15);

    /// <summary>SIGSTOP.</summary>
    public static Signal Stop => new(19);

    /// <summary>SIGCONT.</summary>
    public static Signal Continue => new(18);

    /// <summary>Sends it to one process.</summary>
    /// <exception cref="Win32Exception">There is no such process.</exception>
    public void SendTo(int processId)
    {
        if (SendSignal(processId, Number) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
