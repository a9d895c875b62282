namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>The counts of one endpoint that nothing but its metrics reads. A mutable struct, part of its endpoint. Any thread.</summary>
internal struct EndpointHistory
{
    private long _fromServer;
    private long _toServer;

    // 0: none.
    private int _lastCheck;

    /// <summary>Gets the number of bytes that were received from the server, of sessions that have ended.</summary>
    public readonly long FromServer => Volatile.Read(in _fromServer);

    /// <summary>Gets the number of bytes that were sent to the server, of sessions that have ended.</summary>
    public readonly long ToServer => Volatile.Read(in _toServer);

    /// <summary>Gets a value that indicates whether the last check with a result passed; null before the first.</summary>
    public readonly bool? LastCheckPassed => Volatile.Read(in _lastCheck) switch
    {
        0 => null,
        var result => result > 0,
    };

    /// <summary>Adds the bytes of a session that has ended.</summary>
    public void CountBytes(long fromServer, long toServer)
    {
        Interlocked.Add(ref _fromServer, fromServer);
        Interlocked.Add(ref _toServer, toServer);
    }

    public void RecordCheck(bool passed) => Volatile.Write(ref _lastCheck, passed ? 1 : -1);
}
