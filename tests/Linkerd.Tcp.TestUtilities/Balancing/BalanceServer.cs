using System.Net;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>A server behind an endpoint: accepts connections and holds them. What happens to it is scripted.</summary>
public sealed class BalanceServer : IConnectionHandler
{
    private readonly SimulatedHost _host;
    private readonly SimulatedEndpoint _script;
    private readonly HashSet<TransportConnection> _connections = [];
    private SimulatedListener? _listener;

    internal BalanceServer(SimulatedNetwork network, int index, double weight, bool isIPv6)
    {
        var address = new ServerAddress(index, isIPv6);
        (Index, Weight, Address) = (index, weight, address);
        _host = network.AddHost($"server {index}", address.Address);
        _script = network.Endpoint(address);
        Start();
    }

    public int Index { get; }

    public double Weight { get; }

    public EndPoint Address { get; }

    /// <summary>Whether one that connects now would be accepted.</summary>
    public bool IsUp { get; private set; }

    /// <summary>The connections that it holds.</summary>
    public int Connections => _connections.Count;

    /// <summary>The process ends: connections are reset, connects refused.</summary>
    public void Stop()
    {
        IsUp = false;
        _listener?.Kill();
        _listener = null;
        foreach (var connection in _connections)
        {
            connection.Abort();
        }
    }

    /// <summary>The process starts.</summary>
    public void Start()
    {
        // In the simulation listening is done at once.
        _listener = (SimulatedListener)_host.ListenAsync(new TransportListenOptions { EndPoint = Address }, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        _listener.Start(this);
        IsUp = true;
    }

    /// <summary>Refuses connects from now on; connections go on.</summary>
    public void Refuse()
    {
        IsUp = false;
        _script.Refuse();
    }

    /// <summary>Answers no SYN from now on; connections go on.</summary>
    public void Blackhole()
    {
        IsUp = false;
        _script.Blackhole();
    }

    /// <summary>Takes <see cref="Refuse"/> and <see cref="Blackhole"/> back.</summary>
    public void Heal()
    {
        IsUp = true;
        _script.Heal();
    }

    void IConnectionHandler.OnAccepted(TransportConnection connection) => _ = HoldAsync(connection);

    void IConnectionHandler.OnAcceptFailed(TransportException error, TimeSpan retryAfter) => throw error;

    private async Task HoldAsync(TransportConnection connection)
    {
        _connections.Add(connection);
        await connection.ReceiveAsync().ConfigureAwait(false);
        _connections.Remove(connection);
        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
