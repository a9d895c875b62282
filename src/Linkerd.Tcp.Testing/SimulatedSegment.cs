namespace Linkerd.Tcp.Testing;

internal enum SegmentKind
{
    /// <summary>The third packet of the handshake: the listener has a connection now.</summary>
    Established,
    Data,
    Fin,
    Reset,
    Acknowledgement,
}

/// <summary>One packet on a wire.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Data">The bytes of <see cref="SegmentKind.Data"/>.</param>
/// <param name="Acknowledged">The bytes that have arrived, in all.</param>
/// <param name="WindowEdge">Up to which byte the receiver has room.</param>
/// <param name="IsFinAcknowledged">Whether the FIN has arrived, too.</param>
internal readonly record struct SimulatedSegment(
    SegmentKind Kind,
    byte[]? Data = null,
    long Acknowledged = 0,
    long WindowEdge = 0,
    bool IsFinAcknowledged = false);
