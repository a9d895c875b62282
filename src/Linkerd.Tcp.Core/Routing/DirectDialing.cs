using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>What makes the connections of those who use no proxy, and where they live: never on an event loop, as the code of a caller goes on there. Any thread.</summary>
internal sealed class DirectDialing
{
    private readonly TimeProvider _timeProvider;
    private readonly Lazy<SocketsTransport> _sockets;
    private readonly Lazy<Dialer> _dialer;

    /// <param name="transport">What connects, if that is no engine with loops; null: sockets.</param>
    /// <param name="meter">Where attempts are counted; null: nowhere.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggerFactory">Where sockets log; null: nowhere.</param>
    public DirectDialing(ITransport? transport, Meter? meter, TimeProvider timeProvider, ILoggerFactory? loggerFactory)
    {
        _timeProvider = timeProvider;
        _sockets = new(() => new SocketsTransport(timeProvider, loggerFactory));
        _dialer = new(() => new Dialer(transport ?? Sockets, TcpOptions.Defaults, meter is null ? null : new ConnectInstruments(meter)));
    }

    public SocketsTransport Sockets => _sockets.Value;

    public Dialer Dialer => _dialer.Value;

    /// <summary>Where balancers are asked: the thread pool, or where a network of virtual time says.</summary>
    public TransportExecutor Executor
    {
        get => field ?? Sockets.Executor;
        set;
    }

    /// <summary>Gets a connection to an endpoint of a destination, which the caller holds, for <see cref="Destination.ConnectAsync"/>.</summary>
    public async ValueTask<BalancedConnection> ConnectAsync(Destination destination, IRandomSource random, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var policy = destination.ConnectPolicy;
        using var patience = new ConnectPatience(policy.ConnectTimeout, _timeProvider, cancellationToken, stopping);
        var establishment = new Establishment(Dialer, random, _timeProvider);
        destination.Budget.OnSession();
        try
        {
            await establishment.RunAsync(destination, policy, new DirectRequester(Executor), patience.Deadline, patience.Token).ConfigureAwait(false);
        }
        catch when (establishment.Connection is { } connection)
        {
            await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
            throw;
        }

        if (establishment.IsConnected)
        {
            return new BalancedConnection(establishment.Connection, establishment.Lease, destination.Use, _timeProvider);
        }

        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(stopping.IsCancellationRequested, destination);

        // What the deadline gave up was given up for its time.
        var last = establishment.LastFailure == ConnectFailure.Cancelled ? ConnectFailure.TimedOut : establishment.LastFailure;
        throw new ConnectException(
            $"No connection to {destination.Name}: {establishment.Detail ?? last.ToString()} ({establishment.Attempts} attempts, {establishment.Reason}).",
            establishment.Reason,
            establishment.Attempts,
            last);
    }
}
