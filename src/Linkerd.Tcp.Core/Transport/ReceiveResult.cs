namespace Linkerd.Tcp.Transport;

/// <summary>Represents the result of a receive.</summary>
/// <param name="status">The end of the operation; <see cref="TransportStatus.Ok"/> for bytes and for the FIN.</param>
/// <param name="data">The bytes; empty with <see cref="TransportStatus.Ok"/> means FIN.</param>
public readonly struct ReceiveResult(TransportStatus status, ReadOnlyMemory<byte> data)
{
    /// <summary>Gets the result for a FIN: the peer has sent all that it will send.</summary>
    public static ReceiveResult Fin => default;

    /// <summary>Gets the end of the operation; <see cref="TransportStatus.Ok"/> for bytes and for the FIN.</summary>
    public TransportStatus Status { get; } = status;

    /// <summary>Gets the bytes; empty with <see cref="TransportStatus.Ok"/> means FIN.</summary>
    public ReadOnlyMemory<byte> Data { get; } = data;

    /// <summary>Gets a value that indicates whether this is the FIN.</summary>
    public bool IsFin => Status == TransportStatus.Ok && Data.IsEmpty;
}
