using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Cli.Streams;

/// <summary><c>struct pollfd</c> (poll(2)).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe partial struct PollEntry
{
    public int Descriptor;
    public short Events;
    public short Returned;

    /// <summary>Waits for an event; 0 if none came in time, -1 if a signal did.</summary>
    [LibraryImport("libc", EntryPoint = "poll")]
    public static partial int Poll(PollEntry* entries, nuint count, int milliseconds);
}
