using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Benchmarks.CopyCost;

/// <summary>Reads a 64-byte request. A positive first number asks for so many bytes; zero for an echo until the end.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public Backend()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return default;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket);
            var request = new byte[64];
            await stream.ReadExactlyAsync(request);
            var bytes = BinaryPrimitives.ReadInt64LittleEndian(request);
            var buffer = new byte[256 * 1024];
            for (var left = bytes; left > 0; left -= buffer.Length)
            {
                await stream.WriteAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
            }

            while (bytes == 0 && await stream.ReadAsync(buffer) is var read and > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read));
            }

            socket.Shutdown(SocketShutdown.Send);
            _ = await stream.ReadAsync(buffer);
        }
    }
}
