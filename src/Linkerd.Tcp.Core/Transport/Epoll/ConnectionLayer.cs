namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Represents a layer between the socket of a connection and its user, such as TLS. Its reads and sends have the contract of the socket's: a read returns whether there is a result, and a send that
/// does not take all is repeated with exactly the rest. On the loop.
/// </summary>
internal abstract unsafe class ConnectionLayer
{
    /// <summary>Gets a value that indicates whether a read may return something that was taken from the socket already.</summary>
    public abstract bool HasInput { get; }

    /// <summary>Gets a value that indicates whether there are bytes that the socket has not taken. A FIN and a close wait for them.</summary>
    public abstract bool HasOutput { get; }

    /// <summary>Gets a value that indicates whether the peer has cut its stream. Any thread.</summary>
    public abstract bool WasTruncated { get; }

    /// <summary>Receives bytes. Neither closed nor ended.</summary>
    /// <returns>True if there is a result: bytes, or the end if there are none.</returns>
    public abstract bool TryRead(byte* buffer, int length, out int count, out TransportStatus end);

    /// <summary>Sends bytes. Not closed.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="sent">The number of bytes that the kernel has taken as a whole, with all that the layer adds to them.</param>
    public abstract TransportStatus Send(byte* data, int length, out int sent);

    /// <summary>
    /// Sends bytes that the socket has not taken, and those that are held back for the next send. Called when the socket is writable, before the writer, and before a close; after it, there are none.
    /// </summary>
    public abstract void Flush();

    /// <summary>Ends the stream of what is sent, in the layer's protocol. The FIN follows.</summary>
    public abstract void EndSend();

    /// <summary>Releases what the layer has. Called once, when the socket is closed.</summary>
    public abstract void Close();
}

/// <summary>The socket below a layer. On the loop.</summary>
internal unsafe interface ILayerSocket
{
    /// <summary>Gets a value that indicates whether the socket is closed.</summary>
    bool IsClosed { get; }

    /// <summary>Receives bytes from the socket itself; they are not counted.</summary>
    bool TryReadSocket(byte* buffer, int length, out int count, out TransportStatus end);

    /// <summary>Sends bytes by the socket itself; they are not counted.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="sent">The number of bytes that the kernel has taken.</param>
    /// <param name="isLast">True if a FIN follows in this turn: one segment takes both.</param>
    TransportStatus SendSocket(byte* data, int length, out int sent, bool isLast = false);

    /// <summary>Ends the stream of what is received: every further read returns the status.</summary>
    /// <param name="status">The status; <see cref="TransportStatus.Reset"/> makes the connection one that was reset.</param>
    TransportStatus EndRead(TransportStatus status);

    /// <summary>Notifies the reader again in the next turn, as a read stopped before the end of the available bytes.</summary>
    void ReadLater();

    /// <summary>Flushes the layer at the end of the turn, and sends a FIN that has waited for its output.</summary>
    void FlushLayerLater();

    /// <summary>Counts bytes that the user of the connection has received.</summary>
    void CountReceived(int count);

    /// <summary>Counts bytes that the user of the connection has sent.</summary>
    void CountSent(int count);
}
