using System.Net.Security;
using System.Text;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

/// <summary>The other side of a connection under test: SslStream, as others use it, over a plain connection.</summary>
internal sealed class ForeignPeer
{
    public ForeignPeer(TransportConnection raw, int maxSend = int.MaxValue)
    {
        Raw = raw;
        Wire = new WireStream(raw) { MaxSend = maxSend };
        Tls = new SslStream(Wire, leaveInnerStreamOpen: true);
    }

    public TransportConnection Raw { get; }

    public WireStream Wire { get; }

    public SslStream Tls { get; }

    public async Task SendTextAsync(string text) => await Tls.WriteAsync(Encoding.ASCII.GetBytes(text));

    public async Task<string> ReadTextAsync(int count)
    {
        var read = new byte[count];
        var length = 0;
        while (length < count && await Tls.ReadAsync(read.AsMemory(length)) is var some and > 0)
        {
            length += some;
        }

        return Encoding.ASCII.GetString(read, 0, length);
    }

    /// <summary>Reads to the end of TLS.</summary>
    /// <returns>The data, and whether a close_notify ended it; otherwise a FIN of TCP did.</returns>
    public async Task<(byte[] Data, bool IsCloseNotify)> ReadToEndAsync()
    {
        var read = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await Tls.ReadAsync(buffer) is var count and > 0)
        {
            read.Write(buffer, 0, count);
        }

        return (read.ToArray(), !Wire.HasFin);
    }

    /// <summary>The end of TCP: reads, without TLS, what comes before it.</summary>
    public async Task<TransportStatus> ReadEndOfTcpAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (await Wire.ReadAsync(buffer) > 0)
            {
            }

            return TransportStatus.Ok;
        }
        catch (IOException)
        {
            return Wire.End;
        }
    }

    /// <summary>The number of the last alert in plaintext that has come; null if none has.</summary>
    public int? Alert
    {
        get
        {
            int? alert = null;
            var bytes = Wire.Received.ToArray().AsSpan();
            while (bytes.Length >= 5)
            {
                var length = (bytes[3] << 8) | bytes[4];
                if (bytes[0] == 21 && length == 2 && bytes.Length >= 7)
                {
                    alert = bytes[6];
                }

                bytes = bytes[Math.Min(bytes.Length, 5 + length)..];
            }

            return alert;
        }
    }
}
