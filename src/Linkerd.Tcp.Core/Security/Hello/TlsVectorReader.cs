using System.Buffers.Binary;

namespace Linkerd.Tcp.Security.Hello;

/// <summary>Reads numbers and vectors with a length before them (RFC 8446, 3.4), front to back. What does not fit is not taken.</summary>
internal ref struct TlsVectorReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Gets whether everything was taken.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>Takes a number of bytes.</summary>
    public bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        if (count > _rest.Length)
        {
            bytes = default;
            return false;
        }

        bytes = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    /// <summary>Takes a number of two bytes.</summary>
    public bool TryTakeNumber(out int value)
    {
        var isTaken = TryTake(sizeof(ushort), out var bytes);
        value = isTaken ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : 0;
        return isTaken;
    }

    /// <summary>Takes a vector with a length of one byte.</summary>
    public bool TryTakeShort(out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryTake(1, out var length) && TryTake(length[0], out vector);
    }

    /// <summary>Takes a vector with a length of two bytes.</summary>
    public bool TryTakeLong(out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryTakeNumber(out var length) && TryTake(length, out vector);
    }
}
