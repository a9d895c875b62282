using System.Collections.Concurrent;

namespace Linkerd.Tcp.Transport;

/// <summary>
/// The buffers of one window size, last in first out, so that the one that comes next is still in the processor's cache. Shared by all threads:
/// a buffer is taken on one and given back on another all the time, which is where <see cref="System.Buffers.ArrayPool{T}.Shared"/>, a cache
/// for each thread, goes on allocating. Keeps at most 16 MiB. The lock is held for an array access.
/// </summary>
internal sealed class WindowPool
{
    private const int BytesKept = 16 << 20;
    private static readonly ConcurrentDictionary<int, WindowPool> Pools = new();

    private readonly Lock _lock = new();
    private readonly byte[]?[] _buffers;
    private int _count;

    private WindowPool(int size)
    {
        Size = size;
        _buffers = new byte[]?[Math.Max(16, BytesKept / size)];
    }

    /// <summary>The length of each buffer.</summary>
    public int Size { get; }

    public static WindowPool Of(int size) => Pools.GetOrAdd(size, static size => new WindowPool(size));

    public byte[] Rent()
    {
        lock (_lock)
        {
            if (_count > 0)
            {
                var buffer = _buffers[--_count]!;
                _buffers[_count] = null;
                return buffer;
            }
        }

        return GC.AllocateUninitializedArray<byte>(Size);
    }

    /// <summary>Takes a buffer back; one of another size, which a look ahead made larger, and one too many are left to the collector.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length != Size)
        {
            return;
        }

        lock (_lock)
        {
            if (_count < _buffers.Length)
            {
                _buffers[_count++] = buffer;
            }
        }
    }
}
