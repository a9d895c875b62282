namespace Linkerd.Tcp.Transport;

/// <summary>
/// The bytes of one connection that were received and not consumed, in a pooled buffer that is held only while there are some. A mutable
/// struct: a field of the code that receives, never copied. For one thread at a time.
/// </summary>
internal struct ReceiveWindow(WindowPool pool)
{
    // Thousands of clients may have sent half of a header each, and no more: they must not hold a window each.
    private const int MaxRestLength = 1024;
    private const int MinShrunk = 4 * MaxRestLength;

    private byte[]? _buffer;
    private int _start;
    private int _end;

    public readonly int Unread => _end - _start;

    /// <summary>The start of the unread bytes in the buffer, for a caller that is about to <see cref="Take"/> it.</summary>
    public readonly int Start => _start;

    /// <summary>The number of bytes that can be received without a larger buffer. After a receive.</summary>
    public readonly int Room => _buffer!.Length - _end;

    /// <summary>True if the caller has seen all bytes, taken none of them, and waits for more.</summary>
    public bool WantsMore { get; set; }

    /// <summary>Gets the room for the next bytes. For a caller that looks without taking, the room grows beyond a window.</summary>
    public Span<byte> MakeRoom()
    {
        if (_buffer is null)
        {
            _buffer = pool.Rent();
        }
        else if (_buffer.Length < pool.Size)
        {
            MoveTo(pool.Rent());
        }
        else if (_end == _buffer.Length)
        {
            var roomier = _start > 0 ? _buffer : new byte[_buffer.Length * 2];
            _buffer.AsSpan(_start, Unread).CopyTo(roomier);
            (_start, _end) = (0, Unread);
            if (roomier != _buffer)
            {
                pool.Return(_buffer);
                _buffer = roomier;
            }
        }

        return _buffer.AsSpan(_end);
    }

    /// <summary>As <see cref="MakeRoom"/>, for code that receives into memory.</summary>
    public Memory<byte> MakeRoomInMemory()
    {
        MakeRoom();
        return _buffer.AsMemory(_end);
    }

    /// <summary>Notes the number of bytes that were received into the room.</summary>
    public void Commit(int count) => _end += count;

    public ReceiveResult HandOut()
    {
        WantsMore = false;
        return new(TransportStatus.Ok, _buffer.AsMemory(_start, Unread));
    }

    /// <exception cref="ArgumentOutOfRangeException"><paramref name="consumed"/> is less than 0 or more than was handed out.</exception>
    public void Advance(int consumed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(consumed);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(consumed, Unread);
        _start += consumed;
        WantsMore = consumed == 0;
        if (Unread == 0)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Hands the buffer over with the unread bytes; null if there are none: it is given back then.</summary>
    public byte[]? Take(out int start, out int length)
    {
        (start, length) = (_start, Unread);
        if (length == 0)
        {
            Release();
            return null;
        }

        var buffer = _buffer;
        _buffer = null;
        (_start, _end, WantsMore) = (0, 0, false);
        return buffer;
    }

    /// <summary>Called before a wait for more: gives the buffer back, and keeps the few unread bytes in a buffer of their size.</summary>
    public void ReleaseForWait()
    {
        if (Unread == 0)
        {
            Release();
        }
        else if (Unread <= MaxRestLength && pool.Size >= MinShrunk && _buffer!.Length >= pool.Size)
        {
            var window = _buffer;
            MoveTo(GC.AllocateUninitializedArray<byte>(Unread));
            pool.Return(window);
        }
    }

    public void Release()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            (_start, _end) = (0, 0);
            pool.Return(buffer);
        }
    }

    private void MoveTo(byte[] buffer)
    {
        _buffer.AsSpan(_start, Unread).CopyTo(buffer);
        (_buffer, _start, _end) = (buffer, 0, Unread);
    }
}
