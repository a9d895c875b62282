using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving.Routed;

/// <summary>A server that keeps the bytes of each connection, and answers the first of them with its name and a line feed.</summary>
internal sealed class RecordingServer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<Connection> _connections = [];
    private readonly string _name;

    public RecordingServer(string name)
    {
        _name = name;
        _listener.Start();
        _ = AcceptAsync();
    }

    // A PROXY header may come before it, and arrive alone.
    private static ReadOnlySpan<byte> SslRequest => [0, 0, 0, 8, 4, 210, 22, 47];

    public EndPoint EndPoint => _listener.LocalEndpoint;

    /// <summary>What is sent on each connection at once, as by a protocol in which the server speaks first.</summary>
    public byte[] Greeting { get; set; } = [];

    /// <summary>What is answered to an SSLRequest of PostgreSQL; null: it is data as any.</summary>
    public byte[]? PostgresAnswer { get; set; }

    /// <summary>Whether nothing is answered.</summary>
    public bool IsSilent { get; set; }

    public int Count => _connections.Count;

    /// <summary>Waits until one connection has this many bytes, and returns all of them.</summary>
    public async Task<byte[]> ReceivedAsync(int count, int connection = 0)
    {
        var until = DateTime.UtcNow + Limit;
        while (true)
        {
            if (_connections.ElementAtOrDefault(connection) is { } found && found.Bytes is { } bytes && bytes.Length >= count)
            {
                return bytes;
            }

            Assert.True(DateTime.UtcNow < until, $"{_name}: {_connections.ElementAtOrDefault(connection)?.Bytes.Length} bytes of {count}");
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Sends the FIN of a connection.</summary>
    public void Finish(int connection) => _connections.ElementAt(connection).Socket.Shutdown(SocketShutdown.Send);

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (var connection in _connections)
        {
            connection.Socket.Dispose();
        }

        return default;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = new Connection(await _listener.AcceptSocketAsync());
                _connections.Enqueue(connection);
                _ = ServeAsync(connection);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private async Task ServeAsync(Connection connection)
    {
        try
        {
            await connection.Socket.SendAsync(Greeting);
            var buffer = new byte[64 * 1024];
            var isAnswered = false;
            var isAsked = PostgresAnswer is null;
            while (await connection.Socket.ReceiveAsync(buffer) is var count and > 0)
            {
                connection.Add(buffer.AsSpan(0, count));
                if (!isAsked && connection.Bytes.AsSpan().IndexOf(SslRequest) >= 0)
                {
                    isAsked = true;
                    if (PostgresAnswer!.Length == 0)
                    {
                        break;
                    }

                    await connection.Socket.SendAsync(PostgresAnswer);
                }
                else if (isAsked && !isAnswered && !IsSilent)
                {
                    isAnswered = true;
                    await connection.Socket.SendAsync(Encoding.ASCII.GetBytes(_name + "\n"));
                }
            }

            connection.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private sealed class Connection(Socket socket)
    {
        private readonly List<byte> _bytes = [];

        public Socket Socket => socket;

        public byte[] Bytes
        {
            get
            {
                lock (_bytes)
                {
                    return [.. _bytes];
                }
            }
        }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            lock (_bytes)
            {
                _bytes.AddRange(bytes);
            }
        }
    }
}
