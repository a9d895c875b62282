using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// A TCP server that does to each connection what a test says, byte by byte: for the faults of transport that no HTTP server would commit. On a port of
/// its own on the loopback. Any thread.
/// </summary>
public sealed class RawServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stopped = new();
    private readonly StandInCounters _counters = new();
    private readonly List<RawConnection> _connections = [];
    private readonly List<Task> _running = [];
    private readonly Lock _lock = new();
    private readonly Task _accepting;

    private RawServer(IPAddress address, Func<RawConnection, Task> serve)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync(serve);
    }

    /// <summary>Where it listens, or listened.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The base address for an HTTP client.</summary>
    public Uri BaseAddress => new($"http://{EndPoint}/");

    /// <summary>How many connections were accepted.</summary>
    public int ConnectionCount => _counters.Connections;

    /// <summary>The request lines that <see cref="RawConnection.ReadRequestAsync"/> read, in order.</summary>
    public IReadOnlyList<string> Requests => _counters.Requests;

    /// <summary>Starts a server.</summary>
    /// <param name="serve">What is done to a connection. When it returns the connection is closed; what it throws because the client left is ignored.</param>
    /// <param name="address">Default: the IPv4 loopback.</param>
    public static RawServer Start(Func<RawConnection, Task> serve, IPAddress? address = null) => new(address ?? IPAddress.Loopback, serve);

    /// <summary>Starts a server that writes the same bytes to every request, then closes.</summary>
    public static RawServer Answering(string answer) => Start(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(answer);
    });

    /// <summary>Refuses new connections from now on; the ones that there are live on.</summary>
    public void StopListening() => _listener.Dispose();

    /// <summary>Waits until so many connections were accepted since the start.</summary>
    public Task WaitForConnectionsAsync(int count, CancellationToken cancellationToken = default) =>
        _counters.WaitAsync(counters => counters.Connections >= count, cancellationToken);

    /// <summary>Waits until so many requests were read since the start.</summary>
    public Task WaitForRequestsAsync(int count, CancellationToken cancellationToken = default) =>
        _counters.WaitAsync(counters => counters.Requests.Length >= count, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] running;
        lock (_lock)
        {
            foreach (var connection in _connections)
            {
                connection.Dispose();
            }

            running = [.. _running];
        }

        await Task.WhenAll(running);
        _stopped.Dispose();
    }

    internal void Read(string requestLine) => _counters.Request(requestLine, new Dictionary<string, string>());

    private async Task AcceptAsync(Func<RawConnection, Task> serve)
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stopped.Token);
                lock (_lock)
                {
                    var connection = new RawConnection(this, socket, _connections.Count, _stopped.Token);
                    _connections.Add(connection);
                    _running.Add(Task.Run(() => ServeAsync(serve, connection)));
                }

                _counters.Connection();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped listening: a listener has no other end.
            return;
        }
    }

    private static async Task ServeAsync(Func<RawConnection, Task> serve, RawConnection connection)
    {
        try
        {
            await serve(connection);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client left in the middle of it, or the test is over.
            return;
        }
        finally
        {
            connection.Dispose();
        }
    }
}
