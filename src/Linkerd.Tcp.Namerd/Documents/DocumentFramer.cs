using System.Buffers;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>
/// Cuts a byte stream into JSON objects and lines of other text. An object ends with its brace, so that neither a newline nor the end of the stream is
/// needed after it, and in any case with a newline, which namerd never puts into a document. Anything else up to a newline is text: an error of namerd.
/// Every byte is looked at once, however the reads divide them. For one thread at a time.
/// </summary>
/// <param name="most">The longest document in bytes, which bounds the memory.</param>
internal sealed class DocumentFramer(int most) : IDisposable
{
    private const int SmallBuffer = 8 * 1024;
    private const int MaxTextLength = 1024;
    private byte[] _buffer = [];
    private int _start;
    private int _scanned;
    private int _end;
    private JsonObjectScanner _object;
    private FrameKind _kind;

    /// <summary>True if something has begun that has not ended.</summary>
    public bool IsPartial => _kind != FrameKind.None;

    /// <summary>Gets the room for the next read. The frame that was taken before is invalid then.</summary>
    public Memory<byte> GetMemory()
    {
        if (_start == _end)
        {
            _start = _scanned = _end = 0;
        }

        if (_end == 0 && (_buffer.Length == 0 || _buffer.Length > SmallBuffer * 8))
        {
            // The memory of one large document must not be held as long as the watch lives.
            Replace(SmallBuffer);
        }
        else if (_buffer.Length - _end < SmallBuffer / 4)
        {
            Replace(Math.Max(SmallBuffer, (int)Math.Min((long)(_end - _start) * 2, (long)most + SmallBuffer)));
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>Commits the number of bytes that were put there.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>Takes the next frame; false if more bytes are needed for one.</summary>
    public bool TryTake(out Frame frame)
    {
        while (_scanned < _end)
        {
            var b = _buffer[_scanned];
            if (_kind == FrameKind.None)
            {
                Begin(b);
            }
            else if (b == (byte)'\n')
            {
                return Take(_scanned++, out frame);
            }
            else if (++_scanned - _start > Limit)
            {
                return TakeTooLong(out frame);
            }
            else if (_kind == FrameKind.Object && _object.EndsAt(b))
            {
                return Take(_scanned, out frame);
            }
        }

        frame = default;
        return false;
    }

    /// <summary>Takes the rest when the stream has ended.</summary>
    public bool TryTakeRest(out Frame frame)
    {
        if (TryTake(out frame))
        {
            return true;
        }

        return IsPartial && Take(_end, out frame);
    }

    public void Dispose()
    {
        Return();
        _buffer = [];
        _start = _scanned = _end = 0;
        _kind = FrameKind.None;
    }

    // The text of an error is only quoted, so there is no need to wait for its end.
    private int Limit => _kind == FrameKind.Object ? most : Math.Min(MaxTextLength, most);

    private void Begin(byte b)
    {
        if (b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _start = ++_scanned;
            return;
        }

        _start = _scanned;
        _object = default;
        _kind = b == (byte)'{' ? FrameKind.Object : FrameKind.Text;
    }

    private bool Take(int end, out Frame frame)
    {
        frame = new Frame(_kind, _buffer.AsMemory(_start, end - _start));
        _start = _scanned;
        _kind = FrameKind.None;
        return true;
    }

    private bool TakeTooLong(out Frame frame)
    {
        var kind = _kind == FrameKind.Object ? FrameKind.TooLong : FrameKind.Text;
        frame = new Frame(kind, _buffer.AsMemory(_start, Math.Min(_scanned - _start, MaxTextLength)));
        _start = _scanned;
        _kind = FrameKind.None;
        return true;
    }

    private void Replace(int size)
    {
        var kept = _buffer.AsSpan(_start, _end - _start);
        var next = ArrayPool<byte>.Shared.Rent(Math.Max(size, kept.Length + SmallBuffer / 4));
        kept.CopyTo(next);
        Return();
        _buffer = next;
        _scanned -= _start;
        _end -= _start;
        _start = 0;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }
}
