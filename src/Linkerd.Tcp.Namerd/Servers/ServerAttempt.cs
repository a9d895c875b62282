namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>
/// One request to one server, from when the server was chosen: what comes of it is told here, for the benefit of every other request. Of attempts on a server
/// that is marked there is only one at a time. Any thread.
/// </summary>
internal sealed class ServerAttempt(NamerdServers servers, NamerdServer server, bool isProbe, long begun) : IDisposable
{
    private int _settled;

    public NamerdServer Server => server;

    /// <summary>When it began.</summary>
    public long Begun => begun;

    /// <summary>Whether it finds out if a marked server is back.</summary>
    public bool IsProbe => isProbe;

    /// <summary>There is a connection.</summary>
    public void Connected() => servers.Connected(this);

    /// <summary>There is an answer of a namerd, be it an error about the name.</summary>
    public void Answered()
    {
        Volatile.Write(ref _settled, 1);
        servers.Answered(this);
    }

    /// <summary>There is none, and others would get none either.</summary>
    public void Failed(string error, bool isUnreachable)
    {
        Volatile.Write(ref _settled, 1);
        servers.Failed(this, error, isUnreachable);
    }

    /// <summary>Nothing came in time, which may be because the name is pending.</summary>
    public void Silent(string error)
    {
        if (isProbe)
        {
            Failed(error, isUnreachable: false);
        }
    }

    /// <summary>Ends it. A probe that came to nothing is left to the next one.</summary>
    public void Dispose()
    {
        if (isProbe && Interlocked.Exchange(ref _settled, 1) == 0)
        {
            servers.Abandoned(this);
        }
    }
}
