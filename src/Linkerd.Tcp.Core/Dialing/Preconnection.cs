using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Dialing;

/// <summary>A server connection that was made before it was needed.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Lease">Its lease: it counts as load of its endpoint from when it was made.</param>
/// <param name="Since">The time at which it was made, as a timestamp.</param>
internal readonly record struct Preconnection(TransportConnection Connection, EndpointLease Lease, long Since)
{
    /// <summary>True if a session may have it: the server has not closed it, and its endpoint takes new sessions.</summary>
    public bool IsGood
    {
        get
        {
            try
            {
                return !Connection.HasPeerClosed && Lease.Endpoint is { TakesNewSessions: true };
            }
            catch (Exception)
            {
                // A connection that may be user code; its state is unknown.
                return false;
            }
        }
    }
}
