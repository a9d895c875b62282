namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>
/// One request to one server, from when the server was chosen: its result is reported here, for the benefit of every other request. At most one attempt at a time is made on a server
/// that is marked. Any thread.
/// </summary>
internal sealed class ServerAttempt(NamerdServers servers, NamerdServer server, bool isProbe, long begun) : IDisposable
{
    private int _settled;

    public NamerdServer Server => server;

    /// <summary>The time at which it began.</summary>
    public long Begun => begun;

    /// <summary>True if it finds out if a marked server is back.</summary>
    public bool IsProbe => isProbe;

    /// <summary>Notes that there is a connection.</summary>
    public void Connected() => servers.Connected(this);

    /// <summary>Notes that a namerd has answered, perhaps with an error about the name.</summary>
    public void Answered()
    {
        Volatile.Write(ref _settled, 1);
        servers.Answered(this);
    }

    /// <summary>Notes that there is no answer, and that others would get none either.</summary>
    public void Failed(string error, bool isUnreachable)
    {
        Volatile.Write(ref _settled, 1);
        servers.Failed(this, error, isUnreachable);
    }

    /// <summary>Notes that nothing came in time, which may be because the name is pending.</summary>
    public void Silent(string error)
    {
        if (isProbe)
        {
            Failed(error, isUnreachable: false);
        }
    }

    /// <summary>Ends it. A probe without a result is left to the next one.</summary>
    public void Dispose()
    {
        if (isProbe && Interlocked.Exchange(ref _settled, 1) == 0)
        {
            servers.Abandoned(this);
        }
    }
}
