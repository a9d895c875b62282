using System.Buffers;
using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <summary>
/// Represents one established connection of bytes, over any engine. One reader and one writer at a time; the two may run in parallel.
/// Disposing closes it. If everything was sent and both FINs were exchanged that is the normal end; otherwise the kernel decides which end the peer sees,
/// so call <see cref="Abort"/> for a RST.
/// </summary>
/// <remarks>
/// No member takes a cancellation token: <see cref="Abort"/>, from any thread, is the one way to cancel, and ends every pending operation.
/// Operations never throw because of the peer or the network; such an end is their result.
/// </remarks>
public abstract class TransportConnection : IAsyncDisposable
{
    /// <summary>Gets the local address; null if the engine has none (a pipe, an anonymous Unix-domain socket).</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>Gets the peer's address; null if the engine has none.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Gets the executor on which the connection lives.</summary>
    public abstract TransportExecutor Executor { get; }

    /// <summary>Gets the connection's timer: one, re-armable, without allocation.</summary>
    public abstract TransportTimer Deadline { get; }

    /// <summary>Gets the total number of bytes received from the peer so far. Any thread.</summary>
    public abstract long BytesReceived { get; }

    /// <summary>Gets the number of bytes that were received and not consumed yet; they come again, first, in the next receive. For the reader.</summary>
    public abstract int UnreadBytes { get; }

    /// <summary>Gets the total number of sent bytes that the kernel has accepted so far. Any thread.</summary>
    public abstract long BytesSent { get; }

    /// <summary>
    /// Gets a value that indicates whether the peer is known to have reset the connection, found out without reading: for connections that wait in a queue or
    /// under back-pressure. Bytes that were received before can still be read. Cheap enough to be read a few times a second. Any thread.
    /// </summary>
    public abstract bool IsReset { get; }

    /// <summary>
    /// Gets a value that indicates whether the peer's FIN or RST has arrived, found out without reading, whatever else is unread before it; that can still be read. For
    /// connections that are not being read: a client that waits in a queue, a server connection that was made before it is needed. True also
    /// after the connection was given up (keep-alive, retransmission). Once true it stays true. After our own <see cref="Abort"/> or disposal
    /// it keeps its last value. Cheap enough to be read a few times a second: at most one system call. Any thread.
    /// </summary>
    /// <remarks>
    /// The kernel is queried if there is one. The Sockets engine off Linux sees a FIN only once the bytes before it were read; a connection
    /// over a stream that is no network stream, or over a pipe, sees either only when a receive has returned it.
    /// </remarks>
    public abstract bool HasPeerClosed { get; }

    /// <summary>
    /// Waits for bytes and hands out the engine's own memory. It is valid until the caller next suspends: a caller that suspends calls
    /// <see cref="Advance"/> first. Bytes that were not consumed come again, first, in the next receive, followed by those that have arrived
    /// since; a caller that advanced by 0 waits for more than it has seen, one that did not advance receives the same again.
    /// After the FIN every further receive gives the FIN again.
    /// </summary>
    /// <exception cref="InvalidOperationException">A receive is pending; a call on another thread at the same moment may not be noticed.</exception>
    public abstract ValueTask<ReceiveResult> ReceiveAsync();

    /// <summary>
    /// As <see cref="ReceiveAsync"/>, and ends with <see cref="TransportStatus.Aborted"/> if the token is cancelled first: the connection goes on, and unread bytes come again in the next receive. An engine that
    /// cannot end a receive ignores the token.
    /// </summary>
    /// <param name="giveUp">Ends the receive.</param>
    protected internal virtual ValueTask<ReceiveResult> ReceiveUntilAsync(CancellationToken giveUp) => ReceiveAsync();

    /// <summary>
    /// As <see cref="ReceiveAsync"/>, for a caller that blocks its thread: an engine over sockets waits in the kernel, and needs no other thread. Not on the executor of an event loop.
    /// </summary>
    internal virtual ReceiveResult Receive()
    {
        var receiving = ReceiveAsync();
        return receiving.IsCompleted ? receiving.GetAwaiter().GetResult() : receiving.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Consumes bytes of the last receive.</summary>
    /// <param name="consumed">The number of bytes, from its start; 0 to its length.</param>
    public abstract void Advance(int consumed);

    /// <summary>
    /// Sends all of it. The bytes that the kernel does not take at once are copied, so the memory is free when the call returns, before the task completes.
    /// </summary>
    /// <returns>The end of the operation, when the last byte was handed to the kernel. <see cref="BytesSent"/> counts the bytes that were, after a failure too.</returns>
    public abstract ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data);

    /// <summary>As <see cref="SendAsync"/>, for a caller that blocks its thread, as <see cref="Receive"/>.</summary>
    internal virtual TransportStatus Send(ReadOnlySpan<byte> data)
    {
        var copy = ArrayPool<byte>.Shared.Rent(data.Length);
        data.CopyTo(copy);
        var sending = SendAsync(copy.AsMemory(0, data.Length));
        ArrayPool<byte>.Shared.Return(copy);
        return sending.IsCompleted ? sending.GetAwaiter().GetResult() : sending.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>
    /// Sends the bytes that <paramref name="source"/> handed out last, all of it, and advances the source past it. An engine that also owns the source
    /// may take its buffer over instead of copying the bytes that the kernel does not take at once.
    /// </summary>
    internal virtual ValueTask<TransportStatus> SendFromAsync(TransportConnection source, ReadOnlyMemory<byte> received)
    {
        var sending = SendAsync(received);
        source.Advance(received.Length);
        return sending;
    }

    /// <summary>Sends a FIN, after everything sent before. The other direction goes on. Calling it twice is harmless. Not while a send is pending.</summary>
    public abstract void ShutdownSend();

    /// <summary>
    /// Sends the FIN of a stream that was cut: without the end that the connection's protocol demands (the close_notify of TLS), so that the peer sees the cut. Otherwise as <see cref="ShutdownSend"/>.
    /// </summary>
    /// <returns>False if the connection has no such end: nothing was done.</returns>
    internal virtual bool TryShutdownTruncated() => false;

    /// <summary>True if the connection's protocol has an end of its own, so that a stream without it is seen to be cut.</summary>
    internal virtual bool HasTruncatedEnd => false;

    /// <summary>True if a receive has found that the peer cut its stream (<see cref="TransportStatus.Truncated"/>), whatever it returned for that.</summary>
    internal virtual bool WasTruncated => false;

    /// <summary>
    /// Waits until the peer has acknowledged all that was sent, including a FIN if one was sent. Only then does <see cref="Abort"/> lose nothing:
    /// it throws the kernel's send buffer away.
    /// </summary>
    /// <returns>True if all was acknowledged; false if the connection ended first.</returns>
    public abstract ValueTask<bool> FlushToPeerAsync();

    /// <summary>Ends the connection at once with a RST. Pending operations complete with <see cref="TransportStatus.Aborted"/>. Any thread; calling it twice is harmless.</summary>
    public abstract void Abort();

    /// <summary>
    /// Moves everything from here to the destination until either ends, and notifies the observer; bytes that were received and not consumed go first.
    /// An engine of both connections may do it better than by receiving and sending. As the reader of this connection and the writer of the other.
    /// </summary>
    internal virtual void StartRelay(TransportConnection destination, IRelayObserver observer) => _ = Relay.RunAsync(this, destination, observer);

    /// <summary>
    /// True if a receive would return bytes, an end or an error now that no event has reported: queried from the kernel, before a session is ended for
    /// its silence. False if it cannot be found out. One system call. Any thread.
    /// </summary>
    internal virtual bool HasUnseenInput => false;

    /// <summary>True if bytes of the peer are known to be waiting, without a look at the kernel. A hint. On the executor.</summary>
    internal virtual bool HasKnownInput => false;

    /// <summary>As <see cref="HasUnseenInput"/>: true if a send would take bytes, or fail, now.</summary>
    internal virtual bool HasUnseenRoom => false;

    /// <summary>True if the connection can be disposed while a receive is pending, which ends that. After <see cref="ShutdownSend"/> all that was sent still arrives.</summary>
    internal virtual bool ClosesWhileReceiving => false;

    /// <summary>Closes the connection and releases its resources. Not while an operation is pending, other than after <see cref="Abort"/>.</summary>
    public abstract ValueTask DisposeAsync();
}
