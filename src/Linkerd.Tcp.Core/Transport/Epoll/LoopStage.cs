namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>Bytes that relays have received and not sent yet, while a loop goes through the events of one look at epoll. For the loop's thread.</summary>
internal sealed unsafe class LoopStage
{
    private const int Size = 64 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
    private readonly List<EpollRelay> _relays = [];
    private int _used;
    private bool _isOpen;

    /// <summary>Allows relays to stage from now on.</summary>
    public void Open() => _isOpen = true;

    /// <summary>Reserves room for a number of bytes; false if there is none, or no events are being gone through.</summary>
    public bool TryReserve(int length, out byte* buffer, out int at)
    {
        at = _used;
        buffer = Pointer + at;
        return _isOpen && _used + length <= Size;
    }

    /// <summary>Keeps the bytes that a relay has put into the room it reserved last.</summary>
    public void Add(EpollRelay relay, int count)
    {
        _used += count;
        _relays.Add(relay);
    }

    /// <summary>Allows no relay to stage any more.</summary>
    /// <returns>The relays that have staged, which are to send now.</returns>
    public List<EpollRelay> Close()
    {
        _isOpen = false;
        return _relays;
    }

    /// <summary>Clears the stage after everything was sent.</summary>
    public void Clear()
    {
        _relays.Clear();
        _used = 0;
    }

    /// <summary>The start of the bytes; the buffer is pinned for good.</summary>
    public byte* Pointer => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_buffer));
}
