using System.Net.Sockets;
using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What a <see cref="TcpBackend"/> can do with a connection.</summary>
public static class Serve
{
    /// <summary>Sends back what comes, until the FIN.</summary>
    public static async Task EchoAsync(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await socket.ReceiveAsync(buffer)) > 0)
        {
            await socket.SendAllAsync(buffer.AsMemory(0, count));
        }
    }

    /// <summary>Says something first, then sends back what comes.</summary>
    public static Func<Socket, Task> GreetAndEcho(string greeting) => async socket =>
    {
        await socket.SendAllAsync(Encoding.UTF8.GetBytes(greeting));
        await EchoAsync(socket);
    };

    /// <summary>Says something and closes.</summary>
    public static Func<Socket, Task> Say(string text) => socket => socket.SendAllAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads until the FIN, then answers with the number of bytes: needs a half-closed connection.</summary>
    public static async Task CountToFinAsync(Socket socket)
    {
        var received = await socket.ReceiveToEndAsync();
        await socket.SendAllAsync(Encoding.UTF8.GetBytes($"{received.Length} bytes\n"));
    }

    /// <summary>Waits for a first byte, then sends so many bytes, then resets the connection, after the kernel has handed all of them over.</summary>
    public static Func<Socket, Task> SendThenReset(byte[] data) => async socket =>
    {
        await socket.ReceiveAsync(new byte[1]);
        await socket.SendAllAsync(data);
        await socket.WaitAcknowledgedAsync();
        socket.Reset();
    };
}
