namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>Who waits for a connection's bytes. On the loop.</summary>
internal interface ILoopReader
{
    /// <summary>There may be some.</summary>
    void OnReadable();

    /// <summary>The connection is closed, by us.</summary>
    void OnClosed();
}

/// <summary>Who waits for a connection to take bytes. On the loop.</summary>
internal interface ILoopWriter
{
    /// <summary>It may take some.</summary>
    void OnWritable();

    /// <inheritdoc cref="ILoopReader.OnClosed"/>
    void OnClosed();
}
