using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>Holds the policy of a destination's checks and direct connections: that of its options, or else that of the first proxy that serves it. Any thread.</summary>
internal sealed class DestinationPolicy(Destination destination)
{
    private static readonly ConnectOptions Default = new();

    private readonly Lock _lock = new();
    private (ConnectOptions Connect, TcpOptions Tcp)? _proxy;
    private volatile ConnectOptions? _connect;

    /// <summary>Gets the policy.</summary>
    public ConnectOptions Connect => _connect ?? destination.Options.Connect ?? Default;

    /// <summary>Called when a proxy serves the destination: the proxy's settings apply if the options have none.</summary>
    /// <param name="connect">The connect policy of the proxy.</param>
    /// <param name="tcp">The TCP options of the proxy.</param>
    /// <param name="before">The policy with which the same proxy has served so far. If null, the settings apply only if this proxy is the first.</param>
    public void ServeWith(ConnectOptions connect, TcpOptions tcp, ConnectOptions? before)
    {
        if (_connect is null || before is not null)
        {
            lock (_lock)
            {
                if (_proxy is null || ReferenceEquals(_proxy.Value.Connect, before))
                {
                    _proxy = (connect, tcp);
                    Make();
                }
            }
        }
    }

    /// <summary>Applies the options of the destination.</summary>
    public void Configure()
    {
        lock (_lock)
        {
            Make();
        }
    }

    private void Make()
    {
        if (_proxy is { } proxy)
        {
            var own = (destination.Options.Connect ?? proxy.Connect).Copy();
            own.Tcp ??= proxy.Tcp;
            own.ConnectTimeout ??= proxy.Connect.ConnectTimeout;
            _connect = own;
        }
    }
}
