using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Benchmarks.CopyCost;

/// <summary>Accepts connections and relays each to the backend, by <see cref="DuplexProxy"/> or by hand. Ends with its standard input.</summary>
internal static class Relay
{
    public static async Task RunAsync(string kind, int backendPort)
    {
        var backend = new IPEndPoint(IPAddress.Loopback, backendPort);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port);
        var proxy = new DuplexProxy();
        _ = AcceptAsync();
        await Console.In.ReadToEndAsync();

        async Task AcceptAsync()
        {
            while (true)
            {
                var client = await listener.AcceptAsync();
                _ = ServeAsync(client);
            }
        }

        async Task ServeAsync(Socket client)
        {
            var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await server.ConnectAsync(backend);
            client.NoDelay = server.NoDelay = true;
            if (kind == "duplex")
            {
                await proxy.RunAsync(TransportConnection.From(client), TransportConnection.From(server));
            }
            else
            {
                await Task.WhenAll(CopyByHandAsync(client, server), CopyByHandAsync(server, client));
                client.Dispose();
                server.Dispose();
            }
        }
    }

    /// <summary>What one would write on System.Net.Sockets.</summary>
    public static async Task CopyByHandAsync(Socket source, Socket destination)
    {
        var buffer = new byte[64 * 1024];
        while (await source.ReceiveAsync(buffer.AsMemory(), SocketFlags.None) is var received and > 0)
        {
            var rest = buffer.AsMemory(0, received);
            while (!rest.IsEmpty)
            {
                rest = rest[await destination.SendAsync(rest, SocketFlags.None)..];
            }
        }

        destination.Shutdown(SocketShutdown.Send);
    }
}
