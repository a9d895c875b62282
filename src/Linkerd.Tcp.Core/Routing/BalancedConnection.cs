using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Transport.Adapters;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// Represents a server connection to a balanced name, without a proxy, from <see cref="Destination.ConnectAsync"/>. It counts as load of its endpoint until it is disposed.
/// Members have the thread safety of those of <see cref="Connection"/>; <see cref="DisposeAsync"/> may be called from any thread, more than once.
/// </summary>
public sealed class BalancedConnection : IAsyncDisposable
{
    private readonly TimeProvider _timeProvider;
    private readonly long _openedAt;
    private readonly EndpointLease _lease;
    private readonly DestinationUse _use;
    private int _isEnded;

    internal BalancedConnection(TransportConnection connection, EndpointLease lease, DestinationUse use, TimeProvider timeProvider)
    {
        Connection = connection;
        EndPoint = lease.Endpoint!.Address;
        _lease = lease;
        _use = use;
        _timeProvider = timeProvider;
        _openedAt = timeProvider.GetTimestamp();
    }

    /// <summary>Gets the connection. Its operations complete on the thread pool, or on the executors of the registry's own transport; never on an event loop.</summary>
    public TransportConnection Connection { get; }

    /// <summary>Gets the address of the endpoint.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>
    /// Returns the connection as a stream, which owns it from then on: disposing the stream disposes this. Call it once, and then use the stream only.
    /// A read or write that is cancelled aborts the connection.
    /// </summary>
    public Stream AsStream() => new TransportStream(Connection, this);

    /// <summary>Closes the connection, and gives the load back. Not while an operation is pending, other than after <see cref="TransportConnection.Abort"/>.</summary>
    public ValueTask DisposeAsync()
    {
        EndLease();
        return Connection.DisposeAsync();
    }

    private void EndLease()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0)
        {
            return;
        }

        var report = default(ConnectionReport);
        try
        {
            // The kernel is asked only if the breaker wants to know.
            var bytes = Connection.BytesReceived;
            var hasPeerClosed = bytes == 0 && _lease.Endpoint!.Policy.Options.Breaker.EarlyCloses > 0 && Connection.HasPeerClosed;
            report = new(bytes, _timeProvider.GetElapsedTime(_openedAt), hasPeerClosed);
            _lease.Endpoint!.History.CountBytes(bytes, Connection.BytesSent);
        }
        finally
        {
            _lease.Complete(report);
            _use.Release();
        }
    }
}
