using System.Runtime.InteropServices;

namespace Linkerd.Tcp;

/// <summary>Asks the kernel of one socket's state, and takes nothing away from it: neither bytes nor an error.</summary>
internal static unsafe partial class LinuxPoll
{
    private const short In = 0x1;
    private const short Error = 0x8;
    private const short HangUp = 0x10;
    private const short PeerShutdown = 0x2000;

    /// <summary>
    /// Whether the peer's FIN or RST has arrived, whatever else is to be read before it (POLLRDHUP, poll(2)). The descriptor must stay open meanwhile.
    /// </summary>
    public static bool HasPeerFinished(int descriptor)
    {
        // POLLERR and POLLHUP come unasked for.
        var asked = new Entry { Descriptor = descriptor, Events = PeerShutdown };
        return Poll(&asked, 1, 0) > 0 && (asked.Returned & (PeerShutdown | Error | HangUp)) != 0;
    }

    /// <summary>Whether a receive would bring bytes, an end or an error. The descriptor must stay open meanwhile.</summary>
    public static bool IsReadable(int descriptor)
    {
        var asked = new Entry { Descriptor = descriptor, Events = In };
        return Poll(&asked, 1, 0) > 0 && asked.Returned != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(Entry* entries, nuint count, int milliseconds);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
