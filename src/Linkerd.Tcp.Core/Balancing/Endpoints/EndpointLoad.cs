using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// The counters of one endpoint, and the gate that a pick looks at. The fields of a pick stand together, so that it costs one cache line; the rest of the size keeps the line of the
/// next endpoint on the heap away from it (64 bytes; objects are not aligned, so the gap is what counts). A mutable struct, part of its endpoint. Any thread.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 96)]
internal struct EndpointLoad
{
    [FieldOffset(0)]
    private long _picks;

    [FieldOffset(8)]
    private long _released;

    [FieldOffset(16)]
    private long _open;

    [FieldOffset(24)]
    private int _gate;

    [FieldOffset(32)]
    private long _unansweredSince;

    [FieldOffset(40)]
    private LoadObservers? _observers;

    /// <summary>The latency of connecting.</summary>
    [FieldOffset(48)]
    public LatencyAverage Latency;

    [FieldOffset(64)]
    private long _connectFailures;

    public readonly long Picks => Volatile.Read(in _picks);

    public readonly long Released => Volatile.Read(in _released);

    public readonly long Open => Volatile.Read(in _open);

    public readonly long ConnectFailures => Volatile.Read(in _connectFailures);

    public readonly AdmissionGate Gate => (AdmissionGate)Volatile.Read(in _gate);

    /// <summary>Gets or sets the time of the first attempt that waits for an answer, as a timestamp; 0 if none does.</summary>
    public long UnansweredSince
    {
        readonly get => Volatile.Read(in _unansweredSince);
        set => Volatile.Write(ref _unansweredSince, value);
    }

    public LoadObservers? Observers
    {
        readonly get => Volatile.Read(in _observers);
        set => Volatile.Write(ref _observers, value);
    }

    /// <summary>Gets the load, exactly: no lease was given back between the two reads of a count that only grows. A pick does without, and may see a load that is too high.</summary>
    public readonly long Current
    {
        get
        {
            while (true)
            {
                var released = Released;
                var load = Picks - released;
                if (Released == released)
                {
                    return load;
                }
            }
        }
    }

    /// <summary>Gets the load and the picks, of one moment but for concurrent changes.</summary>
    public readonly long Read(out long picks)
    {
        // Released first: the other way round a release could be seen without its pick, and the load be less than nothing.
        var released = Released;
        picks = Picks;
        return picks - released;
    }

    public void Close(AdmissionGate gate) => Interlocked.Or(ref _gate, (int)gate);

    public void Clear(AdmissionGate gate) => Interlocked.And(ref _gate, ~(int)gate);

    public void CountPick() => Interlocked.Increment(ref _picks);

    /// <summary>Counts a pick if there has been none since the picks were read.</summary>
    public bool TryCountPick(long picks) => Interlocked.CompareExchange(ref _picks, picks + 1, picks) == picks;

    public void CountOpen() => Interlocked.Increment(ref _open);

    public void CountRelease(bool wasOpen)
    {
        if (wasOpen)
        {
            Interlocked.Decrement(ref _open);
        }

        Interlocked.Increment(ref _released);
    }

    public void CountConnectFailure() => Interlocked.Increment(ref _connectFailures);
}
