using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Transport;

/// <summary>
/// A classic BPF program for a listening TCP socket that drops SYNs (SO_ATTACH_FILTER, socket(7)). Handshakes that are under way go on, and no new one
/// begins, so a backlog can be emptied for good before its socket is closed. A client whose SYN was dropped repeats it after a second, and then reaches the
/// listener of that time. What is accepted afterwards inherits the filter, which has no effect on a connection that is established.
/// </summary>
internal static unsafe class SynFilter
{
    /// <summary>SOL_SOCKET.</summary>
    public const int Level = 1;

    /// <summary>SO_ATTACH_FILTER.</summary>
    public const int Option = 26;

    /// <summary>The length of a <c>struct sock_fprog</c>.</summary>
    public const int Length = 16;

    private const int Instructions = 5;

    /// <summary>True if this machine has such filters, in the layout that is written here.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && BitConverter.IsLittleEndian && sizeof(nint) == 8;

    // struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }, in memory that never moves.
    private static ReadOnlySpan<byte> Program =>
    [
        0x30, 0, 0, 0, 13, 0, 0, 0, // ldb [13]: the flags of the TCP header, at which the packet begins here
        0x54, 0, 0, 0, 0x12, 0, 0, 0, // and #0x12: SYN and ACK
        0x15, 0, 0, 1, 0x02, 0, 0, 0, // jeq #0x02: SYN alone
        0x06, 0, 0, 0, 0, 0, 0, 0, // ret #0: drop
        0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, // ret: keep all of it
    ];

    /// <summary>Writes the <c>struct sock_fprog { u16 len; struct sock_filter *filter; }</c> that the option takes.</summary>
    public static void Write(Span<byte> target)
    {
        target.Clear();
        BitConverter.TryWriteBytes(target, (ushort)Instructions);
        BitConverter.TryWriteBytes(target[8..], (long)(nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Program)));
    }
}
