using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>A client of the programs under test.</summary>
internal static class Client
{
    /// <summary>Connects, and reads to the end.</summary>
    public static async Task<string> ReadAsync(IPEndPoint server)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Makes an HTTP server of a connection: one request, one answer.</summary>
    public static Func<Socket, Task> Answer(string text) => async socket =>
    {
        await socket.ReceiveAsync(new byte[4096]);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}"));
    };
}
