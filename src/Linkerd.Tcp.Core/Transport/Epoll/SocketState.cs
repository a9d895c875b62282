namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>What is known of a connection's socket without asking the kernel.</summary>
[Flags]
internal enum SocketState
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A receive may bring something: edge-triggered epoll said so, and nothing has said otherwise since.</summary>
    Readable = 1 << 0,

    /// <summary>A send may take something.</summary>
    Writable = 1 << 1,

    /// <summary>The peer's FIN has come; bytes may be left before it (EPOLLRDHUP).</summary>
    PeerShutdown = 1 << 2,

    /// <summary>The socket has an error that the next operation tells (EPOLLERR).</summary>
    Failed = 1 << 3,

    /// <summary>Neither direction is open (EPOLLHUP).</summary>
    HungUp = 1 << 4,

    /// <summary>A receive may stop before the end of what is there: at urgent data, at descriptors on a Unix-domain socket.</summary>
    NoShortReads = 1 << 5,

    /// <summary>The bytes before the FIN are all read, so the end need not be asked for.</summary>
    FinIsNext = 1 << 6,

    /// <summary>The end of the stream was read.</summary>
    ReadEnded = 1 << 7,

    /// <summary>We have sent our FIN, or are about to.</summary>
    SendShutdown = 1 << 8,

    /// <summary>Our FIN is to be sent at the end of this turn, if the socket is not closed by then, which sends it as well.</summary>
    FinDeferred = 1 << 9,

    /// <summary>An operation was told that the stream is not whole, so what looks like a FIN now is none.</summary>
    Broken = 1 << 10,

    /// <summary>A Unix-domain socket.</summary>
    IsUnix = 1 << 11,

    /// <summary>Urgent data has come (EPOLLPRI), at least once: the socket is not spliced from any more, and what says that nothing is there is not believed.</summary>
    Urgent = 1 << 12,

    /// <summary>The last splice to it was cut short, and may have been told of a reset that it kept to itself.</summary>
    SpliceCut = 1 << 13,
}
