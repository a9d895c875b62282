using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Linkerd.Tcp.LoadTest.Native;

/// <summary>An array of struct epoll_event, which is packed (12 bytes) on x64 and aligned (16 bytes) elsewhere.</summary>
internal sealed unsafe class EventBuffer
{
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int Stride = Packed ? 12 : 16;
    private static readonly int DataOffset = Packed ? 4 : 8;
    private readonly byte* _memory;

    public EventBuffer(int capacity)
    {
        Capacity = capacity;
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)capacity, 16);
    }

    public int Capacity { get; }

    /// <summary>Waits for events, at most so many nanoseconds; returns their number, 0 where a signal came first.</summary>
    public int Wait(int epoll, long nanoseconds)
    {
        var timeout = new TimeSpecification { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        var count = Libc.EpollWait2(epoll, _memory, Capacity, &timeout, null);
        return count < 0 && ErrorNumber.Last == ErrorNumber.Interrupted ? 0 : ErrorNumber.Check(count, "epoll_pwait2");
    }

    public uint EventsAt(int index) => Unsafe.ReadUnaligned<uint>(_memory + (index * Stride));

    public int SlotAt(int index) => Unsafe.ReadUnaligned<int>(_memory + (index * Stride) + DataOffset);

    /// <summary>Adds a descriptor, with the slot to be told its events.</summary>
    public static void Add(int epoll, int descriptor, int slot, uint interest) => Control(epoll, Constants.Add, descriptor, slot, interest);

    /// <summary>Changes what is asked for.</summary>
    public static void Modify(int epoll, int descriptor, int slot, uint interest) => Control(epoll, Constants.Modify, descriptor, slot, interest);

    private static void Control(int epoll, int operation, int descriptor, int slot, uint interest)
    {
        var description = stackalloc byte[16];
        Unsafe.WriteUnaligned(description, interest);
        Unsafe.WriteUnaligned(description + DataOffset, (long)slot);
        ErrorNumber.Check(Libc.EpollControl(epoll, operation, descriptor, description), "epoll_ctl");
    }
}
