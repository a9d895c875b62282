using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;
using Side = Linkerd.Tcp.FunctionalTests.SoakSession.Side;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Both sides of a soak: clients that run one session after the other, and the server.</summary>
internal sealed class SoakLoad : IAsyncDisposable
{
    private const int Workers = 48;
    private const int SlowReadersBuffer = 16 * 1024;

    private readonly ConcurrentDictionary<long, SoakSession> _sessions = new();
    private readonly TcpBackend _backend;
    private long _lastId;

    public SoakLoad() => _backend = new TcpBackend(ServeAsync);

    /// <summary>The name of the server.</summary>
    public string Name => _backend.Name;

    public ICollection<SoakSession> Sessions => _sessions.Values;

    /// <summary>Runs sessions for a time, and all that were begun to their end.</summary>
    public async Task RunAsync(EndPoint proxy, TimeSpan duration)
    {
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                await RunOneAsync(proxy, random);
            }
        })));
        await Eventually.IsTrueAsync(() => _backend.Open == 0, () => $"{_backend.Open} connections of the server are still open");
    }

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    private async Task RunOneAsync(EndPoint proxy, Random random)
    {
        var session = new SoakSession(Interlocked.Increment(ref _lastId), random);
        var socket = await ClientSocket.ConnectAsync(proxy, session.SlowReader == Side.Client ? SlowReadersBuffer : null);
        session.ClientPort = ((IPEndPoint)socket.LocalEndPoint!).Port;
        session.Client = new SoakPeer(socket, session, Side.Client);
        _sessions[session.Id] = session;
        await session.Client.RunAsync().InTimeAsync();
    }

    private async Task ServeAsync(Socket socket)
    {
        if (await SoakPeer.ReadHeaderAsync(socket) is { } id)
        {
            var session = _sessions[id];
            session.Server = new SoakPeer(socket, session, Side.Server);
            await session.Server.RunAsync();
        }
    }
}
