namespace Linkerd.Tcp;

/// <summary>What relays have received and not sent yet, while a loop goes through the events of one look at epoll. For the loop's thread.</summary>
internal sealed unsafe class LoopStage
{
    private const int Size = 64 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
    private readonly List<EpollRelay> _relays = [];
    private int _used;
    private bool _isOpen;

    /// <summary>From now on relays may stage.</summary>
    public void Open() => _isOpen = true;

    /// <summary>Room for so many bytes; false where there is none, or no events are being gone through.</summary>
    public bool TryReserve(int length, out byte* buffer, out int at)
    {
        at = _used;
        buffer = Pointer + at;
        return _isOpen && _used + length <= Size;
    }

    /// <summary>Keeps what a relay has put into the room it reserved last.</summary>
    public void Add(EpollRelay relay, int count)
    {
        _used += count;
        _relays.Add(relay);
    }

    /// <summary>Has all of it sent.</summary>
    public void Flush()
    {
        _isOpen = false;
        foreach (var relay in _relays)
        {
            relay.FlushStaged(Pointer);
        }

        _relays.Clear();
        _used = 0;
    }

    // The buffer is pinned for good.
    private byte* Pointer => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_buffer));
}
