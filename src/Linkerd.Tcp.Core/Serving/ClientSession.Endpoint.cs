namespace Linkerd.Tcp;

/// <content>The endpoint that the session is connected to: what it is told of the session, and what the session is told of it.</content>
internal sealed partial class ClientSession
{
    /// <summary>The endpoint; null while the session is not connected, and when it is over. Any thread.</summary>
    internal Endpoint? Endpoint => _connected ? _lease.Endpoint : null;

    /// <summary>Ends the session in its data phase, for what has become of its endpoint. Any thread.</summary>
    /// <returns>Whether this reason is the one that counts.</returns>
    internal bool TryEnd(CloseReason reason) => _control.TryEnd(reason);

    /// <summary>The session is connected, maybe to an endpoint that began to leave while it was connecting.</summary>
    private void NoteConnected()
    {
        if (_lease.Endpoint is { IsLeaving: true } && Destination.DrainTimeout != Timeout.InfiniteTimeSpan)
        {
            Services.Leaving.Begin();
        }
    }

    /// <summary>Gives the lease back, with the end of the connection as evidence.</summary>
    private void Complete()
    {
        var end = _control.FirstEnd;
        _lease.Complete(new ConnectionReport { BytesFromServer = _control.BytesFromServer, OpenFor = end.After, EndedByServer = end.ByServer });
    }
}
