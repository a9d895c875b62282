using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>Makes the connections of callers that use no proxy. Never on an event loop, as the code of a caller continues there. Any thread.</summary>
internal sealed class DirectDialing
{
    private readonly TimeProvider _timeProvider;
    private readonly Lazy<SocketsTransport> _sockets;
    private readonly Lazy<Dialer> _dialer;
    private readonly TransportExecutor? _executor;

    /// <param name="transport">The transport, if it is not an engine with loops; null for sockets.</param>
    /// <param name="meter">The meter that counts attempts; null if they are not counted.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggerFactory">The factory of the sockets' loggers; null if nothing is logged.</param>
    public DirectDialing(ITransport? transport, Meter? meter, TimeProvider timeProvider, ILoggerFactory? loggerFactory)
    {
        _timeProvider = timeProvider;
        _executor = transport?.Executor;
        _sockets = new(() => new SocketsTransport(timeProvider, loggerFactory));
        _dialer = new(() => new Dialer(transport ?? Sockets, TcpOptions.Defaults, meter is null ? null : new ConnectInstruments(meter), timeProvider));
    }

    public SocketsTransport Sockets => _sockets.Value;

    public Dialer Dialer => _dialer.Value;

    /// <summary>Gets the executor of picks: that of the transport, or else the thread pool.</summary>
    public TransportExecutor Executor => _executor ?? Sockets.Executor;

    /// <summary>Connects to an endpoint of a destination that the caller holds, for <see cref="Destination.ConnectAsync"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<BalancedConnection> ConnectAsync(Destination destination, IRandomSource random, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var policy = destination.ConnectPolicy;
        using var patience = new ConnectPatience(policy.ConnectTimeout ?? ConnectOptions.DefaultConnectTimeout, _timeProvider, cancellationToken, stopping);
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

        throw ConnectException.Of(destination.Name, establishment);
    }
}
