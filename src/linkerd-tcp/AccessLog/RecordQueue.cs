using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>Printed records on their way to the writer. A record that finds no room is dropped and counted: no caller waits. Any thread; one takes.</summary>
/// <param name="capacity">The number of bytes that may wait.</param>
/// <param name="counts">Counts what is dropped; null if only this queue does.</param>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A signal may wake the writer at any time, also after its end.")]
internal sealed class RecordQueue(int capacity, AccessLogCounts? counts = null)
{
    private const int SmallSize = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(false);
    private byte[] _bytes = new byte[Math.Min(SmallSize, capacity)];
    private int _count;
    private int _records;
    private long _dropped;
    private bool _isClosed;

    /// <summary>True if it takes no records any more, as another access log does.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>True if nothing is in it.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>The number of records that were dropped.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>True if it is time to write: half of the room is taken.</summary>
    public bool IsHalfFull => Volatile.Read(ref _count) >= capacity / 2;

    /// <summary>Adds a record. The first one, and the one that fills the half, wake the writer: the others must not cost a system call each.</summary>
    /// <returns>False if it was dropped, or the queue is closed.</returns>
    public bool TryAdd(ReadOnlySpan<byte> record)
    {
        bool wakes;
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            var end = _count + record.Length;
            if (end > capacity)
            {
                _dropped++;
                counts?.AddDropped(1);
                return false;
            }

            if (end > _bytes.Length)
            {
                Array.Resize(ref _bytes, (int)Math.Min(capacity, Math.Max(end, 2L * _bytes.Length)));
            }

            wakes = _count == 0 || (_count < capacity / 2 && end >= capacity / 2);
            record.CopyTo(_bytes.AsSpan(_count));
            _count = end;
            _records++;
        }

        if (wakes)
        {
            Wake();
        }

        return true;
    }

    /// <summary>Takes no records from now on, and wakes the writer. Those that are in it stay.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        Wake();
    }

    /// <summary>Drops and counts what is in it.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _dropped += _records;
            counts?.AddDropped(_records);
            (_count, _records) = (0, 0);
        }
    }

    /// <summary>Wakes the writer.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Waits until something is to be done; for the writer.</summary>
    public void Wait(TimeSpan longest) => _wake.WaitOne(longest);

    /// <summary>Takes all records.</summary>
    /// <param name="batch">The batch that was written before, whose memory is used again.</param>
    /// <returns>False if there are none.</returns>
    public bool TryTake(RecordBatch batch)
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                return false;
            }

            // What a crowd needed is not kept.
            var spare = batch.Bytes.Length is >= SmallSize and <= 16 * SmallSize ? batch.Bytes : new byte[Math.Min(SmallSize, capacity)];
            (batch.Bytes, _bytes) = (_bytes, spare);
            (batch.Count, batch.Records, batch.Written) = (_count, _records, 0);
            (_count, _records) = (0, 0);
            return true;
        }
    }
}

/// <summary>Records that are being written.</summary>
internal sealed class RecordBatch
{
    public byte[] Bytes { get; set; } = [];

    public int Count { get; set; }

    public int Records { get; set; }

    /// <summary>The number of bytes that were written.</summary>
    public int Written { get; set; }

    public ReadOnlySpan<byte> Rest => Bytes.AsSpan(Written, Count - Written);
}
