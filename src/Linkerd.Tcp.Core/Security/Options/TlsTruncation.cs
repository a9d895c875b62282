namespace Linkerd.Tcp.Security;

/// <summary>
/// Specifies the end that a stream has whose peer closes the connection without the end of TLS (close_notify): it may have been cut by an attacker
/// (RFC 8446, section 6.1), and many clients end in this way.
/// </summary>
public enum TlsTruncation
{
    /// <summary>
    /// The cut is passed on: to a side with TLS as a FIN without close_notify; to one without TLS as a RST if the server ended the stream, and as a FIN if the client did.
    /// </summary>
    Pass,

    /// <summary>The end of the stream, as if close_notify had come.</summary>
    Fin,

    /// <summary>A reset.</summary>
    Reset,
}
