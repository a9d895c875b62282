namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>Waits for a connection's bytes. On the loop.</summary>
internal interface ILoopReader
{
    /// <summary>Called when there may be some.</summary>
    void OnReadable();

    /// <summary>Called when the connection was closed on this side.</summary>
    void OnClosed();
}

/// <summary>Waits until a connection takes bytes. On the loop.</summary>
internal interface ILoopWriter
{
    /// <summary>Called when it may take some.</summary>
    void OnWritable();

    /// <inheritdoc cref="ILoopReader.OnClosed"/>
    void OnClosed();
}
