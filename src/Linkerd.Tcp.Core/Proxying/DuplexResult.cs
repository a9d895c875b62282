namespace Linkerd.Tcp.Proxying;

/// <summary>What became of a duplex copy. "Received" bytes were taken from the kernel, "sent" ones accepted by it; the difference was discarded.</summary>
/// <param name="Reason">Who ended it, and when.</param>
/// <param name="BytesFromClient">Received from the client.</param>
/// <param name="BytesToServer">Sent to the server.</param>
/// <param name="BytesFromServer">Received from the server.</param>
/// <param name="BytesToClient">Sent to the client.</param>
/// <param name="Duration">From the start of the copy to its end.</param>
public readonly record struct DuplexResult(
    CloseReason Reason,
    long BytesFromClient,
    long BytesToServer,
    long BytesFromServer,
    long BytesToClient,
    TimeSpan Duration);
