using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>A small server on a free port, of loopback unless told otherwise: accepts, and hands each connection to a function.</summary>
public sealed class TcpBackend : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private readonly Func<Socket, Task> _serve;
    private readonly Task _accepting;
    private int _accepted;
    private bool _isDisposed;

    /// <summary>Starts one.</summary>
    /// <param name="serve">
    /// Serves one connection, which is closed when it returns. It need not care for errors: connections break in tests.
    /// </param>
    /// <param name="address">A local IPv4 address; default loopback.</param>
    public TcpBackend(Func<Socket, Task> serve, IPAddress? address = null)
    {
        _serve = serve;
        _listener.Bind(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        _listener.Listen(4096);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The name that the embedded interpreter binds to it.</summary>
    public string Name => ProxyProcess.InetName(EndPoint);

    /// <summary>How many connections came so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>How many connections are open.</summary>
    public int Open => _connections.Count;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isDisposed, true);
        _listener.Dispose();
        await _accepting;
        foreach (var (socket, serving) in _connections.ToArray())
        {
            socket.Dispose();
            await serving.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    private async Task AcceptAsync()
    {
        while (!Volatile.Read(ref _isDisposed))
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                continue;
            }

            Interlocked.Increment(ref _accepted);
            socket.NoDelay = true;
            var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _connections[socket] = served.Task;
            _ = ServeAsync(socket, served);
        }
    }

    private async Task ServeAsync(Socket socket, TaskCompletionSource served)
    {
        try
        {
            await _serve(socket);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            // The other side is gone, or the test is over.
        }
        finally
        {
            socket.Dispose();
            _connections.TryRemove(socket, out _);
            served.SetResult();
        }
    }
}
