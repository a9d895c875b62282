using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>How the checks and the direct connections of a destination are made: as its options say, or else as for the sessions of the first proxy that serves it. Any thread.</summary>
internal sealed class DestinationPolicy(Destination destination)
{
    private static readonly ConnectOptions Default = new();

    private readonly Lock _lock = new();
    private (ConnectOptions Connect, TcpOptions Tcp)? _proxy;
    private volatile ConnectOptions? _connect;

    /// <summary>Gets the policy.</summary>
    public ConnectOptions Connect => _connect ?? destination.Options.Connect ?? Default;

    /// <summary>A proxy serves the destination: what its options do not say is as the proxy's say.</summary>
    /// <param name="connect">The proxy's.</param>
    /// <param name="tcp">The proxy's.</param>
    /// <param name="before">The policy that the same proxy has served with so far. With null only the first proxy has a say.</param>
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

    /// <summary>Takes the options of the destination.</summary>
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
            _connect = own;
        }
    }
}
