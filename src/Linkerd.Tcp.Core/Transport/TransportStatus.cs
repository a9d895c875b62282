namespace Linkerd.Tcp.Transport;

/// <summary>Specifies the end of an operation on a connection.</summary>
public enum TransportStatus
{
    /// <summary>The operation succeeded.</summary>
    Ok,

    /// <summary>The peer reset the connection.</summary>
    Reset,

    /// <summary>The peer does not answer any more: keep-alive or the kernel's retransmissions gave up (ETIMEDOUT, EHOSTUNREACH).</summary>
    TimedOut,

    /// <summary>The connection was aborted or disposed on this side.</summary>
    Aborted,
}
