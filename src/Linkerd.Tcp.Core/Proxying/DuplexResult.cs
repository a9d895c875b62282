namespace Linkerd.Tcp.Proxying;

/// <summary>Represents the end of a duplex copy. "Received" bytes were taken from the kernel, "sent" bytes accepted by it; the difference was discarded. Immutable; any thread.</summary>
public readonly struct DuplexResult
{
    internal DuplexResult(CloseReason reason, long bytesFromClient, long bytesToServer, long bytesFromServer, long bytesToClient, TimeSpan duration)
    {
        Reason = reason;
        BytesFromClient = bytesFromClient;
        BytesToServer = bytesToServer;
        BytesFromServer = bytesFromServer;
        BytesToClient = bytesToClient;
        Duration = duration;
    }

    /// <summary>Gets the reason for which the copy ended.</summary>
    public CloseReason Reason { get; }

    /// <summary>Gets the number of bytes received from the client.</summary>
    public long BytesFromClient { get; }

    /// <summary>Gets the number of bytes sent to the server.</summary>
    public long BytesToServer { get; }

    /// <summary>Gets the number of bytes received from the server.</summary>
    public long BytesFromServer { get; }

    /// <summary>Gets the number of bytes sent to the client.</summary>
    public long BytesToClient { get; }

    /// <summary>Gets the time from the start of the copy to its end.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Returns the reason, the numbers of bytes and the duration, for a log.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Reason}, client {BytesFromClient} -> {BytesToServer}, server {BytesFromServer} -> {BytesToClient}, {Duration}");
}
