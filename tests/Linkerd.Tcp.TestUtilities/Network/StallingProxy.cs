using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// Stands between a client and a server, and can stop passing anything on while every connection stays open: what is left of a peer whose machine vanished.
/// Any thread.
/// </summary>
public sealed class StallingProxy : IAsyncDisposable
{
    private readonly TcpBackend _front;
    private readonly IPEndPoint _to;
    private volatile bool _isStalled;
    private TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts one on a free port.</summary>
    public StallingProxy(IPEndPoint to)
    {
        _to = to;
        _front = new TcpBackend(ServeAsync);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => _front.EndPoint;

    /// <summary>How many connections came.</summary>
    public int Accepted => _front.Accepted;

    /// <summary>Ends when a client has closed a connection since <see cref="Stall"/>.</summary>
    public Task Closed => _closed.Task;

    /// <summary>From now on bytes are read and thrown away, also those of new connections.</summary>
    public void Stall()
    {
        _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _isStalled = true;
    }

    /// <summary>New connections are passed on again.</summary>
    public void Resume() => _isStalled = false;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _front.DisposeAsync();

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(_to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(_to);
        var up = CopyAsync(client, server);
        var down = CopyAsync(server, client);
        await Task.WhenAny(up, down);
        if (_isStalled && up.IsCompleted)
        {
            _closed.TrySetResult();
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (!_isStalled)
                {
                    await to.SendAsync(buffer.AsMemory(0, count));
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // A connection that broke has ended.
        }
    }
}
