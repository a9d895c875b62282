namespace Linkerd.Tcp.Testing;

internal enum SegmentKind
{
    /// <summary>The third packet of the handshake, after which the listener has a connection.</summary>
    Established,
    Data,
    Fin,
    Reset,
    Acknowledgement,
}

/// <summary>One packet on a wire.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Data">The bytes of <see cref="SegmentKind.Data"/>.</param>
/// <param name="Acknowledged">The bytes that have arrived, in all.</param>
/// <param name="WindowEdge">The number of the byte up to which the receiver has room.</param>
/// <param name="IsFinAcknowledged">True if the FIN has arrived too.</param>
internal readonly record struct SimulatedSegment(
    SegmentKind Kind,
    byte[]? Data = null,
    long Acknowledged = 0,
    long WindowEdge = 0,
    bool IsFinAcknowledged = false);
