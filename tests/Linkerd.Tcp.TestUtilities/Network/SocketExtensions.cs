using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What tests do with sockets again and again.</summary>
public static partial class SocketExtensions
{
    /// <summary>Connects to an address, within 10 s.</summary>
    public static async Task<Socket> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken, int? receiveBuffer = null)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBuffer is { } size)
            {
                socket.ReceiveBufferSize = size;
            }

            await socket.ConnectAsync(endPoint, cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends all of it.</summary>
    public static async Task SendAllAsync(this Socket socket, ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            data = data[await socket.SendAsync(data)..];
        }
    }

    /// <summary>Sends a text.</summary>
    public static Task SendTextAsync(this Socket socket, string text) => socket.SendAllAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Receives until the FIN.</summary>
    public static async Task<byte[]> ReceiveToEndAsync(this Socket socket)
    {
        using var received = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await socket.ReceiveAsync(buffer)) > 0)
        {
            received.Write(buffer, 0, count);
        }

        return received.ToArray();
    }

    /// <summary>Receives a text until the FIN.</summary>
    public static async Task<string> ReceiveTextToEndAsync(this Socket socket) => Encoding.UTF8.GetString(await socket.ReceiveToEndAsync());

    /// <summary>Receives so many bytes as text.</summary>
    /// <exception cref="EndOfStreamException">The FIN came before.</exception>
    public static async Task<string> ReceiveTextAsync(this Socket socket, int length)
    {
        var buffer = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(filled));
            filled += count > 0 ? count : throw new EndOfStreamException($"the FIN came after {filled} of {length} bytes");
        }

        return Encoding.UTF8.GetString(buffer);
    }

    /// <summary>Closes with a RST.</summary>
    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>Waits until the peer's kernel has acknowledged all that was sent. Linux.</summary>
    public static async Task WaitAcknowledgedAsync(this Socket socket)
    {
        // There is no event for an empty send queue, so this asks again and again.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (UnacknowledgedBytes(socket) > 0)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    private static int UnacknowledgedBytes(Socket socket)
    {
        const ulong OutstandingQuery = 0x5411; // SIOCOUTQ
        return IoControl(socket.SafeHandle, OutstandingQuery, out var outstanding) == 0 ? outstanding : 0;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int IoControl(SafeSocketHandle socket, ulong request, out int value);
}
