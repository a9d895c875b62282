namespace Linkerd.Tcp.Transport;

/// <summary>What one direction of a copy is told by the relay that moves its bytes. Called on the relay's thread, never for two events at once.</summary>
internal interface IRelayObserver
{
    /// <summary>Bytes came from the source.</summary>
    /// <param name="now">The timestamp.</param>
    void OnReceived(long now);

    /// <summary>The destination takes no more for now; until it does, nothing is read from the source.</summary>
    void OnBlocked();

    /// <summary>The destination took some of what it had not taken; an engine that sends in one operation does not know.</summary>
    /// <param name="now">The timestamp.</param>
    void OnSent(long now);

    /// <summary>The destination took all of what it had not taken.</summary>
    /// <param name="now">The timestamp.</param>
    void OnUnblocked(long now);

    /// <summary>The direction is over. Once, and last.</summary>
    void OnEnded(RelayEnd end);

    /// <summary>The transport threw, against its contract. Instead of <see cref="OnEnded"/>.</summary>
    void OnFaulted(Exception error);
}

/// <summary>How a relay ended.</summary>
/// <param name="Status">What the connection said; <see cref="TransportStatus.Ok"/> is the source's FIN.</param>
/// <param name="AtDestination">Whether it was the destination that said it: bytes were lost then.</param>
internal readonly record struct RelayEnd(TransportStatus Status, bool AtDestination);
