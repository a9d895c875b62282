using System.Collections.Concurrent;
using Microsoft.Extensions.ObjectPool;

namespace Linkerd.Tcp;

/// <summary>
/// The buffers of one window size. Shared by all threads: a buffer is taken on one and given back on another all the time, which is where
/// <see cref="System.Buffers.ArrayPool{T}.Shared"/>, a cache for each thread, goes on allocating. Keeps at most 16 MiB.
/// </summary>
internal sealed class WindowPool
{
    private const int BytesKept = 16 << 20;
    private static readonly ConcurrentDictionary<int, WindowPool> Pools = new();

    private readonly DefaultObjectPool<byte[]> _buffers;

    private WindowPool(int size)
    {
        Size = size;
        _buffers = new DefaultObjectPool<byte[]>(new Policy(size), Math.Max(16, BytesKept / size));
    }

    /// <summary>The length of each buffer.</summary>
    public int Size { get; }

    public static WindowPool Of(int size) => Pools.GetOrAdd(size, static size => new WindowPool(size));

    public byte[] Rent() => _buffers.Get();

    /// <summary>Takes a buffer back; one of another size, which a look ahead made larger, is left to the collector.</summary>
    public void Return(byte[] buffer)
    {
        if (buffer.Length == Size)
        {
            _buffers.Return(buffer);
        }
    }

    private sealed class Policy(int size) : PooledObjectPolicy<byte[]>
    {
        public override byte[] Create() => GC.AllocateUninitializedArray<byte>(size);

        public override bool Return(byte[] obj) => true;
    }
}
