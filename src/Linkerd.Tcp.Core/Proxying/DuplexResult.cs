namespace Linkerd.Tcp.Proxying;

/// <summary>Represents the end of a duplex copy. "Received" bytes were taken from the kernel, "sent" ones accepted by it; the difference was discarded.</summary>
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

    /// <summary>Gets who ended it, and in which phase.</summary>
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

    /// <summary>Returns all of it, for a log.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Reason}, client {BytesFromClient} -> {BytesToServer}, server {BytesFromServer} -> {BytesToClient}, {Duration}");
}
