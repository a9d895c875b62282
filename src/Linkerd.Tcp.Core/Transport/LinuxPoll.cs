using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Transport;

/// <summary>Queries the kernel for one socket's state, and takes nothing away from it: neither bytes nor an error.</summary>
internal static unsafe partial class LinuxPoll
{
    /// <summary>A receive would return bytes.</summary>
    public const short In = 0x1;

    /// <summary>A send would accept bytes.</summary>
    public const short Out = 0x4;

    private const short Error = 0x8;
    private const short HangUp = 0x10;
    private const short PeerShutdown = 0x2000;

    /// <summary>
    /// Returns true if the peer's FIN or RST has arrived, whatever else is to be read before it (POLLRDHUP, poll(2)). The descriptor must stay open meanwhile.
    /// </summary>
    public static bool HasPeerFinished(int descriptor)
    {
        // POLLERR and POLLHUP are reported without being requested.
        var asked = new Entry { Descriptor = descriptor, Events = PeerShutdown };
        return Poll(&asked, 1, 0) > 0 && (asked.Returned & (PeerShutdown | Error | HangUp)) != 0;
    }

    /// <summary>Returns true if the requested state holds, or there is an end or an error. The descriptor must stay open meanwhile.</summary>
    /// <param name="descriptor">The socket.</param>
    /// <param name="what"><see cref="In"/> or <see cref="Out"/>.</param>
    public static bool Has(int descriptor, short what)
    {
        var asked = new Entry { Descriptor = descriptor, Events = what };
        return Poll(&asked, 1, 0) > 0 && asked.Returned != 0;
    }

    /// <summary>
    /// Returns true if both directions of a TCP connection are over (POLLHUP, poll(2)). Before our own FIN that is a reset. The descriptor must stay open meanwhile.
    /// </summary>
    public static bool IsHungUp(int descriptor)
    {
        var asked = new Entry { Descriptor = descriptor };
        return Poll(&asked, 1, 0) > 0 && (asked.Returned & HangUp) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(Entry* entries, nuint count, int milliseconds);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Entry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
