namespace Linkerd.Tcp.Proxying;

/// <summary>Represents a view of one running copy, and the handle to end it. Serves one copy only. Any thread.</summary>
public sealed class DuplexControl
{
    private volatile DuplexRun? _run;
    private int _reason;

    /// <summary>Gets the number of bytes received from the client so far.</summary>
    public long BytesFromClient => _run?.BytesFromClient ?? 0;

    /// <summary>Gets the number of bytes sent to the server so far.</summary>
    public long BytesToServer => _run?.BytesToServer ?? 0;

    /// <summary>Gets the number of bytes received from the server so far.</summary>
    public long BytesFromServer => _run?.BytesFromServer ?? 0;

    /// <summary>Gets the number of bytes sent to the client so far.</summary>
    public long BytesToClient => _run?.BytesToClient ?? 0;

    /// <summary>Gets the time at which bytes last moved in either direction, or at which the copy began; null before it began.</summary>
    public DateTimeOffset? LastActivity => _run?.LastActivity;

    /// <summary>Gets the reason for which the copy ended or is about to end; null if none is set.</summary>
    internal CloseReason? Reason => Volatile.Read(ref _reason) is var packed and not 0 ? CloseReason.Unpack(packed) : null;

    /// <summary>Ends the copy: both connections are reset. If the copy has not begun, it ends as soon as it does.</summary>
    /// <param name="reason">The reason.</param>
    /// <returns>True if this reason was set; only the first one is.</returns>
    public bool TryEnd(CloseReason reason)
    {
        if (!TrySetReason(reason))
        {
            return false;
        }

        _run?.Abort();
        return true;
    }

    /// <summary>Gets the first end of the copy; default if it never began. Valid once the copy has ended.</summary>
    internal FirstEnd FirstEnd => _run?.FirstEnd ?? default;

    /// <summary>Gets the time from the start of the copy to the first bytes of the server; null if none came.</summary>
    internal TimeSpan? FirstByte => _run?.FirstByte;

    internal bool TrySetReason(CloseReason reason) => Interlocked.CompareExchange(ref _reason, reason.Pack(), 0) == 0;

    internal void Attach(DuplexRun run)
    {
        if (_run is not null)
        {
            throw new InvalidOperationException("A control serves one copy.");
        }

        _run = run;
    }
}
