using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Benchmarks.CopyCost;

/// <summary>The clients.</summary>
internal static class Load
{
    /// <summary>Downloads so many bytes in all.</summary>
    public static Task DownloadAsync(int port, int connections, long bytes) => InParallel(connections, async () =>
    {
        using var socket = await ConnectAsync(port);
        var request = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(request, bytes / connections);
        await socket.SendAsync(request);
        var buffer = new byte[256 * 1024];
        while (await socket.ReceiveAsync(buffer) > 0)
        {
        }
    });

    /// <summary>So many 64-byte round trips in all.</summary>
    public static Task PingPongAsync(int port, int connections, int roundTrips) => InParallel(connections, async () =>
    {
        using var socket = await ConnectAsync(port);
        var message = new byte[64];
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(message);
        for (var i = 0; i < roundTrips / connections; i++)
        {
            await stream.WriteAsync(message);
            await stream.ReadExactlyAsync(message);
        }
    });

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    private static Task InParallel(int count, Func<Task> work) => Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(work)));
}
