using System.Net.Sockets;
using System.Text;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>One connection to a <see cref="RawServer"/>. Text is one byte a character (Latin-1). For one thread at a time.</summary>
public sealed class RawConnection : IDisposable
{
    private readonly RawServer _server;
    private readonly Socket _socket;
    private readonly CancellationToken _stopped;
    private readonly StringBuilder _unread = new();
    private bool _isReset;

    internal RawConnection(RawServer server, Socket socket, int index, CancellationToken stopped)
    {
        _server = server;
        _socket = socket;
        _stopped = stopped;
        _socket.NoDelay = true;
        Index = index;
    }

    /// <summary>Which connection this is, from 0.</summary>
    public int Index { get; }

    /// <summary>Is cancelled when the server is disposed.</summary>
    public CancellationToken Stopped => _stopped;

    /// <summary>Reads the head of a request; null where the client has closed.</summary>
    public async Task<string?> ReadRequestAsync()
    {
        var buffer = new byte[4096];
        while (true)
        {
            var text = _unread.ToString();
            if (text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end)
            {
                _unread.Remove(0, end + 4);
                _server.Read(text[..text.IndexOf("\r\n", StringComparison.Ordinal)]);
                return text[..(end + 4)];
            }

            var read = await _socket.ReceiveAsync(buffer, _stopped);
            if (read == 0)
            {
                return null;
            }

            _unread.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }

    /// <summary>Sends all of a text.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends all of some bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes, _stopped)..];
        }
    }

    /// <summary>Sends a text with a system call for each byte; what the client reads at once is for the network to decide.</summary>
    public async Task SendByteByByteAsync(string text)
    {
        foreach (var b in Encoding.Latin1.GetBytes(text))
        {
            await SendAsync(new[] { b });
        }
    }

    /// <summary>Sends FIN, and leaves the connection open for reading.</summary>
    public void Finish() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Sends RST. What was sent before and not yet read may be lost to the client.</summary>
    public void Reset()
    {
        _isReset = true;
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>Waits until the client closes, and does nothing else.</summary>
    public async Task WaitForCloseAsync()
    {
        while (await ReadRequestAsync() is not null)
        {
            // A request that nobody answers.
            continue;
        }
    }

    /// <summary>Closes the connection: FIN, but RST where the client sent what was never read.</summary>
    public void Dispose()
    {
        if (!_isReset)
        {
            _socket.Dispose();
        }
    }
}
