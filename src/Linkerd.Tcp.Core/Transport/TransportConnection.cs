using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <summary>
/// One established connection of bytes, whichever engine carries it. One reader and one writer at a time; the two may run side by side.
/// Disposing closes it: with everything sent and both FINs exchanged that is the normal end, otherwise what the peer sees is up to the kernel,
/// so call <see cref="Abort"/> for a RST.
/// </summary>
/// <remarks>
/// Nothing here takes a cancellation token: <see cref="Abort"/>, from any thread, is the one way to cancel, and ends every pending operation.
/// Operations never throw for what the peer or the network does; that is their result.
/// </remarks>
public abstract class TransportConnection : IAsyncDisposable
{
    /// <summary>Our address; null where the engine has none (a pipe, an anonymous Unix-domain socket).</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>The peer's address; null where the engine has none.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Where the connection lives.</summary>
    public abstract TransportExecutor Executor { get; }

    /// <summary>The connection's timer: one, re-armable, without allocation.</summary>
    public abstract TransportTimer Deadline { get; }

    /// <summary>Bytes received from the peer so far, in all. Any thread.</summary>
    public abstract long BytesReceived { get; }

    /// <summary>Bytes received and not consumed yet; they come again, first, in the next receive. For the reader.</summary>
    public abstract int UnreadBytes { get; }

    /// <summary>Bytes of ours that the kernel has accepted so far, in all. Any thread.</summary>
    public abstract long BytesSent { get; }

    /// <summary>
    /// Whether the peer is known to have reset the connection, found out without reading: for connections that wait in a queue or
    /// under back-pressure. What was received before can still be read. Cheap enough to be asked a few times a second. Any thread.
    /// </summary>
    public abstract bool IsReset { get; }

    /// <summary>
    /// Whether the peer's FIN or RST has arrived, found out without reading, whatever else is unread before it; what is can still be read. For
    /// connections that nobody reads from: a client that waits in a queue, a server connection that was made before it is needed. True also
    /// after the connection was given up (keep-alive, retransmission). Once true it stays true. After our own <see cref="Abort"/> or disposal
    /// it is what was known by then. Cheap enough to be asked a few times a second: at most one system call. Any thread.
    /// </summary>
    /// <remarks>
    /// The kernel is asked where there is one. The Sockets engine off Linux sees a FIN only once the bytes before it were read; a copy's connection
    /// over a stream that is no network stream, or over a pipe, sees either only when a receive has brought it.
    /// </remarks>
    public abstract bool HasPeerClosed { get; }

    /// <summary>
    /// Waits for bytes and hands out the engine's own memory. Good until the caller next suspends: whoever suspends calls
    /// <see cref="Advance"/> first. What was not consumed comes again, first, in the next receive, with more behind it
    /// where more has come; a caller that advanced by 0 waits for more than it has seen, one that did not advance is given the same again.
    /// After the FIN every further receive gives the FIN again.
    /// </summary>
    /// <exception cref="InvalidOperationException">A receive is pending; one that is asked for on another thread at the same moment may not be noticed.</exception>
    public abstract ValueTask<ReceiveResult> ReceiveAsync();

    /// <summary>Says how much of the last receive was used.</summary>
    /// <param name="consumed">Bytes, from its start; 0 to its length.</param>
    public abstract void Advance(int consumed);

    /// <summary>
    /// Sends all of it. What the kernel does not take at once is copied, so the memory is free when the call returns, before the task completes.
    /// </summary>
    /// <returns>How it ended, when the last byte was handed to the kernel. How many bytes were, after a failure too, is in <see cref="BytesSent"/>.</returns>
    public abstract ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data);

    /// <summary>
    /// Sends what <paramref name="source"/> handed out last, all of it, and advances the source past it. An engine that knows the source
    /// may take its buffer over instead of copying what the kernel does not take at once.
    /// </summary>
    internal virtual ValueTask<TransportStatus> SendFromAsync(TransportConnection source, ReadOnlyMemory<byte> received)
    {
        var sending = SendAsync(received);
        source.Advance(received.Length);
        return sending;
    }

    /// <summary>Sends a FIN, after everything sent before. The other direction goes on. Twice is harmless. Not while a send is pending.</summary>
    public abstract void ShutdownSend();

    /// <summary>
    /// Waits until the peer has acknowledged all that was sent, the FIN included where one was. Only then does <see cref="Abort"/> lose nothing:
    /// it throws the kernel's send buffer away.
    /// </summary>
    /// <returns>Whether all was acknowledged; false where the connection ended first.</returns>
    public abstract ValueTask<bool> FlushToPeerAsync();

    /// <summary>Ends the connection at once with a RST. Pending operations complete with <see cref="TransportStatus.Aborted"/>. Any thread; twice is harmless.</summary>
    public abstract void Abort();

    /// <summary>
    /// Moves everything from here to the destination until either ends, and tells the observer; what was received and not consumed goes first.
    /// An engine that knows both may do it better than by receiving and sending. As the reader of this connection and the writer of the other.
    /// </summary>
    internal virtual void StartRelay(TransportConnection destination, IRelayObserver observer) => _ = Relay.RunAsync(this, destination, observer);

    /// <summary>
    /// Whether a receive would bring bytes, an end or an error now, though nobody has been told: asked of the kernel, for whoever is about to end a session for
    /// its silence. False where nobody can tell. One system call. Any thread.
    /// </summary>
    internal virtual bool HasUnseenInput => false;

    /// <summary>Whether bytes of the peer are known to be waiting, without a look at the kernel. A hint. On the executor.</summary>
    internal virtual bool HasKnownInput => false;

    /// <summary>As <see cref="HasUnseenInput"/>: whether a send would take bytes, or fail, now.</summary>
    internal virtual bool HasUnseenRoom => false;

    /// <summary>Closes and gives everything back. Not while an operation is pending, other than after <see cref="Abort"/>.</summary>
    public abstract ValueTask DisposeAsync();
}
