using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>What makes the connections of those who use no proxy, and where they live: never on an event loop, as the code of a caller goes on there. Any thread.</summary>
internal sealed class DirectDialing
{
    private readonly Lazy<SocketsTransport> _sockets;
    private readonly Lazy<Dialer> _dialer;

    /// <param name="transport">What connects, if that is no engine with loops; null: sockets.</param>
    /// <param name="meter">Where attempts are counted; null: nowhere.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="loggerFactory">Where sockets log; null: nowhere.</param>
    public DirectDialing(ITransport? transport, Meter? meter, TimeProvider timeProvider, ILoggerFactory? loggerFactory)
    {
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
}
