namespace Linkerd.Tcp.Testing;

/// <summary>Bytes in order: appended at one end, looked at and taken away at the other.</summary>
internal sealed class ByteQueue
{
    private byte[] _bytes = [];
    private int _start;

    public int Count { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_start + Count + bytes.Length > _bytes.Length)
        {
            // Half of it stays free, so that moving to the front is rare.
            var needed = (Count + bytes.Length) * 2;
            var grown = needed > _bytes.Length ? new byte[Math.Max(256, needed * 2)] : _bytes;
            _bytes.AsSpan(_start, Count).CopyTo(grown);
            _bytes = grown;
            _start = 0;
        }

        bytes.CopyTo(_bytes.AsSpan(_start + Count));
        Count += bytes.Length;
    }

    public ReadOnlySpan<byte> Peek(int offset, int count) => _bytes.AsSpan(_start, Count).Slice(offset, count);

    public void Discard(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        _start += count;
        Count -= count;
    }

    public void Clear()
    {
        _bytes = [];
        _start = Count = 0;
    }
}
