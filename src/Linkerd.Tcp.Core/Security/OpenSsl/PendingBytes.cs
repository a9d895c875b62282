using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Represents bytes that wait, in an array of the pool while there are any.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Not compared.")]
internal struct PendingBytes
{
    private int _end;

    /// <summary>Gets the array; null if there are none.</summary>
    public byte[]? Array { get; private set; }

    /// <summary>Gets the index of the first byte.</summary>
    public int Start { get; private set; }

    public readonly int Count => _end - Start;

    public readonly ReadOnlySpan<byte> Bytes => Array.AsSpan(Start, Count);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (Array is null || _end + bytes.Length > Array.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Count + bytes.Length);
            Array.AsSpan(Start, Count).CopyTo(larger);
            var count = Count;
            Clear();
            (Array, _end) = (larger, count);
        }

        bytes.CopyTo(Array.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Removes bytes from the start.</summary>
    public void Remove(int count)
    {
        Start += count;
        if (Start == _end)
        {
            Clear();
        }
    }

    public void Clear()
    {
        if (Array is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        (Array, Start, _end) = (null, 0, 0);
    }
}
