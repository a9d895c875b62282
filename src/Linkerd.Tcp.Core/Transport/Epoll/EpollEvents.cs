using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// An array of <c>struct epoll_event</c>, in memory of its own. On x64 alone the structure is packed (linux/eventpoll.h, EPOLL_PACKED):
/// 12 bytes with the data at 4; everywhere else 16 bytes with the data at 8.
/// </summary>
internal sealed unsafe class EpollEvents : IDisposable
{
    public const uint In = 0x1;
    public const uint Urgent = 0x2;
    public const uint Out = 0x4;
    public const uint Error = 0x8;
    public const uint HangUp = 0x10;
    public const uint PeerShutdown = 0x2000;
    public const uint Exclusive = 1u << 28;
    public const uint EdgeTriggered = 1u << 31;

    public static readonly Layout NativeLayout = LayoutOf(RuntimeInformation.ProcessArchitecture);

    private byte* _memory;

    public EpollEvents(int count)
    {
        Count = count;
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)(count * NativeLayout.Size));
    }

    public int Count { get; }

    public byte* Memory => _memory;

    public static Layout LayoutOf(Architecture architecture) => architecture == Architecture.X64 ? new(12, 4) : new(16, 8);

    public static void Write(byte* one, uint events, ulong data)
    {
        *(uint*)one = events;
        *(ulong*)(one + NativeLayout.DataOffset) = data;
    }

    public uint EventsAt(int index) => *(uint*)(_memory + (index * NativeLayout.Size));

    public ulong DataAt(int index) => *(ulong*)(_memory + (index * NativeLayout.Size) + NativeLayout.DataOffset);

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }

    /// <summary>The layout of one event in memory.</summary>
    /// <param name="Size">Bytes of the structure.</param>
    /// <param name="DataOffset">The offset of the data; the events are at 0.</param>
    public readonly record struct Layout(int Size, int DataOffset);
}
