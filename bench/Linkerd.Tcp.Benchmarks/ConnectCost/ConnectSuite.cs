using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Benchmarks.ConnectCost;

/// <summary>Client-side connections to four servers, by hand and by a destination; and round trips on one connection of each kind.</summary>
internal sealed class ConnectSuite : IAsyncDisposable
{
    private const int Concurrency = 8;

    private readonly EchoServers _servers = EchoServers.Start(6);
    private readonly IPEndPoint[] _endPoints;
    private readonly DestinationRegistry _registry;
    private readonly Destination _destination;
    private readonly byte[] _message = new byte[64];
    private readonly byte[] _answer = new byte[64];
    private uint _next;
    private NetworkStream _byHand = null!;
    private Stream _balanced = null!;

    public ConnectSuite()
    {
        _endPoints = [.. _servers.EndPoints.Take(4)];
        _registry = new DestinationRegistry(new StaticResolver([.. _endPoints]));
        _destination = _registry.Get(DstPath.Parse("/svc/web"));
    }

    public async Task StartAsync()
    {
        await _destination.WaitResolvedAsync();
        _byHand = await ConnectByHandAsync(_servers.EndPoints[4]);

        // A server of its own: one connection after the other.
        await using var registry = new DestinationRegistry(new StaticResolver(_servers.EndPoints[5]));
        _balanced = await registry.Get(DstPath.Parse("/svc/one")).ConnectStreamAsync();
    }

    /// <summary>Connects to the servers in turns and closes, several at once.</summary>
    public Task ByHandAsync(int connections) => RepeatAsync(connections, async suite =>
    {
        var endPoint = suite._endPoints[Interlocked.Increment(ref suite._next) % suite._endPoints.Length];
        await using var stream = await ConnectByHandAsync(endPoint);
    });

    /// <summary>Connects with <see cref="DestinationExtensions.ConnectStreamAsync"/> and closes, several at once.</summary>
    public Task BalancedAsync(int connections) => RepeatAsync(connections, static async suite =>
    {
        await using var stream = await suite._destination.ConnectStreamAsync();
    });

    public Task ByHandRoundTripsAsync(int count) => RoundTripsAsync(_byHand, count);

    public Task BalancedRoundTripsAsync(int count) => RoundTripsAsync(_balanced, count);

    public async ValueTask DisposeAsync()
    {
        await _byHand.DisposeAsync();
        await _balanced.DisposeAsync();
        await _registry.DisposeAsync();
        _servers.Dispose();
    }

    private static async Task<NetworkStream> ConnectByHandAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Task RepeatAsync(int connections, Func<ConnectSuite, Task> connect) => Task.WhenAll(Enumerable.Range(0, Concurrency).Select(async _ =>
    {
        await Task.Yield();
        for (var i = 0; i < connections / Concurrency; i++)
        {
            await connect(this);
        }
    }));

    private async Task RoundTripsAsync(Stream stream, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await stream.WriteAsync(_message);
            await stream.ReadExactlyAsync(_answer);
        }
    }
}
