namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>The state of a connection's socket that is known without a system call.</summary>
[Flags]
internal enum SocketState
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A receive may return something: edge-triggered epoll reported so, and nothing has contradicted it since.</summary>
    Readable = 1 << 0,

    /// <summary>A send may take something.</summary>
    Writable = 1 << 1,

    /// <summary>The peer's FIN has come; bytes may be left before it (EPOLLRDHUP).</summary>
    PeerShutdown = 1 << 2,

    /// <summary>The socket has an error that the next operation reports (EPOLLERR).</summary>
    Failed = 1 << 3,

    /// <summary>Neither direction is open (EPOLLHUP).</summary>
    HungUp = 1 << 4,

    /// <summary>A receive may stop before the end of the available bytes: at urgent data, at descriptors on a Unix-domain socket.</summary>
    NoShortReads = 1 << 5,

    /// <summary>The bytes before the FIN are all read, so no further receive is needed for the end.</summary>
    FinIsNext = 1 << 6,

    /// <summary>The end of the stream was read.</summary>
    ReadEnded = 1 << 7,

    /// <summary>We have sent our FIN, or are about to.</summary>
    SendShutdown = 1 << 8,

    /// <summary>Our FIN is to be sent at the end of this turn, if the socket is not closed by then, which sends it as well.</summary>
    FinDeferred = 1 << 9,

    /// <summary>An operation reported that the stream is not whole, so what looks like a FIN now is none.</summary>
    Broken = 1 << 10,

    /// <summary>A Unix-domain socket.</summary>
    IsUnix = 1 << 11,

    /// <summary>Urgent data has come (EPOLLPRI), at least once: the socket is not spliced from any more, and a report that nothing is there is not accepted.</summary>
    Urgent = 1 << 12,

    /// <summary>The last splice to it was cut short, and may have met a reset that it did not report.</summary>
    SpliceCut = 1 << 13,
}
