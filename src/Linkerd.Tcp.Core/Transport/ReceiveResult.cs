namespace Linkerd.Tcp.Transport;

/// <summary>What a receive brought.</summary>
/// <param name="Status">How it ended; <see cref="TransportStatus.Ok"/> for bytes and for the FIN.</param>
/// <param name="Data">The bytes; empty with <see cref="TransportStatus.Ok"/> means FIN.</param>
public readonly record struct ReceiveResult(TransportStatus Status, ReadOnlyMemory<byte> Data)
{
    /// <summary>A FIN: the peer has sent all it will send.</summary>
    public static ReceiveResult Fin => default;

    /// <summary>Whether this is the FIN.</summary>
    public bool IsFin => Status == TransportStatus.Ok && Data.IsEmpty;
}
