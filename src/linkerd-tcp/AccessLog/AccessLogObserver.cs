using System.Buffers;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Cli.AccessLog;

/// <summary>Prints the records that a configuration asks for, on the thread that reports them, into the queue: nothing waits, and a queued record holds nothing of its session. Any thread.</summary>
/// <param name="configuration">The records and their format.</param>
/// <param name="queue">The queue.</param>
/// <param name="seed">The seed of the sample.</param>
internal sealed class AccessLogObserver(AccessLogConfiguration configuration, RecordQueue queue, ulong seed)
{
    // Of a line that was unusually long, the memory is not kept.
    private const int MaxKept = 64 * 1024;

    private readonly RecordFormat _format = RecordFormat.Of(configuration.Format);
    private readonly bool _onlyAbnormal = configuration.OnlyAbnormal;
    private readonly ulong _threshold = configuration.Sample >= 1 ? ulong.MaxValue : (ulong)(configuration.Sample * ulong.MaxValue);

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? Line;

    /// <summary>True if records of starts are wanted.</summary>
    public bool ObservesStarts { get; } = configuration.OnStart;

    /// <summary>True if records of refused clients are wanted.</summary>
    public bool ObservesRefusals { get; } = configuration.Refused;

    /// <summary>Adds a record, if the configuration asks for it.</summary>
    /// <returns>False if the queue is closed: the record belongs to the access log after this one.</returns>
    public bool TryAdd(SessionRecord record, RecordEvent at)
    {
        if (at == RecordEvent.End && _onlyAbnormal && record.Reason.IsNormal)
        {
            return true;
        }

        if (!IsSampled(record.Session.Id))
        {
            return true;
        }

        var line = Line ??= new ArrayBufferWriter<byte>(1024);
        line.ResetWrittenCount();
        _format.Write(line, record, at);
        var isTaken = queue.TryAdd(line.WrittenSpan);
        Line = line.Capacity > MaxKept ? null : line;
        return isTaken || !queue.IsClosed;
    }

    // By the id, so that all records of a session are written or none; mixed (SplitMix64), as ids are consecutive.
    private bool IsSampled(long id)
    {
        if (_threshold == ulong.MaxValue)
        {
            return true;
        }

        var mixed = ((ulong)id * 0x9E3779B97F4A7C15) + seed;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (mixed ^ (mixed >> 31)) < _threshold;
    }
}
