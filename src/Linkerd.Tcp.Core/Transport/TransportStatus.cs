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

    /// <summary>
    /// The peer ended the connection without the end that its protocol demands: a FIN without the close_notify of TLS (RFC 8446, section 6.1). What was received is authentic, and
    /// may be a part of what was sent. Receiving only.
    /// </summary>
    Truncated,
}
