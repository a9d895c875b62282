using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What stands between a client and a namerd, and may go wrong.</summary>
public enum PathFault
{
    /// <summary>Nothing: bytes pass both ways.</summary>
    None,

    /// <summary>What is open is reset, and nothing listens any more.</summary>
    Killed,

    /// <summary>What is open is reset; every request is answered with 500, as namerd does where something throws.</summary>
    Status500,

    /// <summary>What is open is reset; answers stop after their headers and the beginning of a document.</summary>
    HangsMidBody,

    /// <summary>What is open is reset; requests are accepted and never answered.</summary>
    Blackhole,

    /// <summary>What is open is reset; every request is answered with bytes that mean nothing.</summary>
    Garbage,

    /// <summary>What is open stays open, and nothing more comes on it; what is new passes.</summary>
    Frozen,
}

/// <summary>A relay on a port of its own in front of a server, with faults to switch on and off. Any thread.</summary>
public sealed class FaultyPath : IAsyncDisposable
{
    private static readonly byte[] Half = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"type\":\"bou");
    private static readonly byte[] Thrown = Encoding.ASCII.GetBytes(NamerdHttp.Thrown);
    private static readonly byte[] Nonsense = [.. Enumerable.Range(0, 512).Select(i => (byte)((i * 131) ^ 0x5a))];

    private readonly Lock _lock = new();
    private readonly EndPoint _to;
    private readonly List<Socket> _open = [];
    private Socket? _listener;
    private int _generation;
    private int _frozenBelow;
    private int _connections;
    private PathFault _fault;

    public FaultyPath(EndPoint to)
    {
        _to = to;
        EndPoint = new IPEndPoint(IPAddress.Loopback, 0);
        Listen();
    }

    /// <summary>Where it listens; the port stays.</summary>
    public IPEndPoint EndPoint { get; private set; }

    /// <summary>How many connections it has accepted.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Switches a fault on, or with <see cref="PathFault.None"/> off.</summary>
    public void Set(PathFault fault)
    {
        lock (_lock)
        {
            _fault = fault;
            if (fault == PathFault.Frozen)
            {
                _frozenBelow = ++_generation;
                return;
            }

            if (fault == PathFault.Killed)
            {
                _listener?.Dispose();
                _listener = null;
            }

            if (fault != PathFault.None)
            {
                CloseAll();
            }
            else if (_listener is null)
            {
                Listen();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
            CloseAll();
        }

        return ValueTask.CompletedTask;
    }

    private void Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(EndPoint);
        listener.Listen();
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    private void CloseAll()
    {
        foreach (var socket in _open)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It has ended by itself.
            }

            socket.Dispose();
        }

        _open.Clear();
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync();
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was killed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        PathFault fault;
        int generation;
        lock (_lock)
        {
            (fault, generation) = (_fault, _generation);
            _open.Add(client);
        }

        try
        {
            switch (fault)
            {
                case PathFault.None or PathFault.Frozen:
                    await RelayAsync(client, generation);
                    break;
                case PathFault.Blackhole:
                    // Until it is closed with the others.
                    return;
                default:
                    await client.ReceiveAsync(new byte[4096]);
                    await client.SendAsync(fault == PathFault.Status500 ? Thrown : fault == PathFault.Garbage ? Nonsense : Half);
                    if (fault != PathFault.HangsMidBody)
                    {
                        client.Dispose();
                    }

                    break;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            client.Dispose();
        }
    }

    private async Task RelayAsync(Socket client, int generation)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(_to);
        lock (_lock)
        {
            _open.Add(server);
        }

        await Task.WhenAny(CopyAsync(client, server, () => true), CopyAsync(server, client, () => generation >= Volatile.Read(ref _frozenBelow)));
        if (generation >= Volatile.Read(ref _frozenBelow))
        {
            client.Dispose();
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, Func<bool> passes)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReceiveAsync(buffer) is var read and > 0)
            {
                if (passes())
                {
                    await to.SendAsync(buffer.AsMemory(0, read));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of the two is gone, and the other follows.
        }
    }
}
