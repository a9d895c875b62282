using System.Net;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A server in the simulation: keeps what it accepts, and does with it what it was told to.</summary>
internal sealed class SimulatedBackend(EndPoint address, SimulatedEndpoint endpoint, Func<TransportConnection, Task>? serve) : IConnectionHandler
{
    public EndPoint Address => address;

    /// <summary>The script of what connecting to it meets.</summary>
    public SimulatedEndpoint Endpoint => endpoint;

    /// <summary>Every connection so far, in order.</summary>
    public List<TransportConnection> Accepted { get; } = [];

    public void OnAccepted(TransportConnection connection)
    {
        Accepted.Add(connection);
        _ = serve?.Invoke(connection);
    }

    public void OnAcceptFailed(TransportException error, TimeSpan retryAfter)
    {
    }
}
