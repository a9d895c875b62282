namespace Linkerd.Tcp.Transport;

/// <summary>
/// Receives into buffers of the caller: for a layer that has a buffer of its own, into which the bytes of the connection's window would have to be copied. On the connection's executor only, and not
/// while a receive is pending. Calls can be mixed with those of <see cref="TransportConnection.ReceiveAsync"/>.
/// </summary>
internal interface IDirectReceiver
{
    /// <summary>Waits, without a buffer, until <see cref="TryReceive"/> has a result, or the connection was closed. The result has no meaning.</summary>
    ValueTask<ReceiveResult> WaitAsync();

    /// <summary>Receives and consumes bytes.</summary>
    /// <param name="buffer">The buffer; not empty.</param>
    /// <param name="count">The number of bytes; 0 at the end.</param>
    /// <param name="end">The end, if there are no bytes; <see cref="TransportStatus.Ok"/> is a FIN.</param>
    /// <returns>True if there is a result: bytes, or the end.</returns>
    bool TryReceive(Span<byte> buffer, out int count, out TransportStatus end);
}
