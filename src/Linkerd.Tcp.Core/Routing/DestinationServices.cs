using System.Diagnostics.Metrics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>What the destinations of a router share.</summary>
internal sealed class DestinationServices
{
    /// <param name="transport">What carries checks, and the connections of callers unless it is an <see cref="EpollTransport"/>; null: sockets.</param>
    /// <param name="loggerFactory">Where sockets log; null: nowhere.</param>
    /// <param name="meter">Where connects of callers are counted; null: nowhere.</param>
    /// <param name="timeProvider">The clock.</param>
    public DestinationServices(ITransport? transport, ILoggerFactory? loggerFactory, Meter? meter, TimeProvider timeProvider)
    {
        TimeProvider = timeProvider;
        Direct = new DirectDialing(transport is EpollTransport ? null : transport, meter, timeProvider, loggerFactory);
        Checks = new(() => new Dialer(transport ?? Direct.Sockets, TcpOptions.Defaults));
    }

    /// <summary>Gets what checks connect with.</summary>
    public Lazy<Dialer> Checks { get; }

    /// <summary>Gets what connects for callers of <see cref="Destination.ConnectAsync"/>.</summary>
    public DirectDialing Direct { get; }

    /// <summary>Gets the clock.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Gets the source of jitter.</summary>
    public required IRandomSource Random { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Gets the token that is cancelled when the router is disposed.</summary>
    public required CancellationToken Stopping { get; init; }

    /// <summary>Gets what is held while destinations take other options, from their validation to their use: one change after the other.</summary>
    public Lock Configuring { get; } = new();
}
