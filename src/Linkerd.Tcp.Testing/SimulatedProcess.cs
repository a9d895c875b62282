using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>One life of a server: listens, and runs its code for each connection.</summary>
internal sealed class SimulatedProcess : IConnectionHandler
{
    private readonly Simulation _simulation;
    private readonly SimulatedListener _listener;
    private readonly Func<TransportConnection, Task> _serve;
    private readonly HashSet<TransportConnection> _connections = [];
    private bool _isKilled;

    public SimulatedProcess(Simulation simulation, SimulatedHost host, IPEndPoint endPoint, Func<TransportConnection, Task> serve)
    {
        _simulation = simulation;
        _serve = serve;
        _listener = host.Listen(new TransportListenOptions { EndPoint = endPoint });
        _listener.Start(this);
    }

    public void OnAccepted(TransportConnection connection)
    {
        _connections.Add(connection);
        _simulation.Scheduler.PostToContext(accepted => _ = ServeAsync((TransportConnection)accepted!), connection);
    }

    public void OnAcceptFailed(TransportException error, TimeSpan retryAfter)
    {
        // The listener tries again, as that of a server does.
    }

    public void Kill()
    {
        _isKilled = true;
        _listener.Kill();
        foreach (var connection in _connections)
        {
            connection.Abort();
        }
    }

    private async Task ServeAsync(TransportConnection connection)
    {
        try
        {
            if (!_isKilled)
            {
                await _serve(connection).ConfigureAwait(true);
            }
        }
        catch (IOException)
        {
            // The end of the client, or of this process.
            connection.Abort();
        }
        catch (Exception error)
        {
            connection.Abort();
            if (!_isKilled)
            {
                _simulation.Scheduler.Fail(error);
            }
        }

        using (_simulation.Scheduler.Hold())
        {
            _connections.Remove(connection);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
