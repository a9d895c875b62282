namespace Linkerd.Tcp.Transport;

/// <summary>Observes the relay that moves the bytes of one direction of a copy. Called on the relay's thread, never for two events at once.</summary>
internal interface IRelayObserver
{
    /// <summary>Called when bytes came from the source.</summary>
    /// <param name="now">The timestamp.</param>
    void OnReceived(long now);

    /// <summary>Called when the destination takes no more for now; until it does, nothing is read from the source.</summary>
    void OnBlocked();

    /// <summary>Called when the destination took some of the bytes that it had not taken; engines that send in one operation do not call it.</summary>
    /// <param name="now">The timestamp.</param>
    void OnSent(long now);

    /// <summary>Called when the destination took all of the bytes that it had not taken.</summary>
    /// <param name="now">The timestamp.</param>
    void OnUnblocked(long now);

    /// <summary>Called when the direction is over. Once, and last.</summary>
    void OnEnded(RelayEnd end);

    /// <summary>Called instead of <see cref="OnEnded"/> if the transport threw, against its contract.</summary>
    void OnFaulted(Exception error);
}

/// <summary>The end of a relay.</summary>
/// <param name="Status">The status of the connection that ended; <see cref="TransportStatus.Ok"/> is the source's FIN.</param>
/// <param name="AtDestination">True if the destination ended: bytes were lost then.</param>
internal readonly record struct RelayEnd(TransportStatus Status, bool AtDestination);
