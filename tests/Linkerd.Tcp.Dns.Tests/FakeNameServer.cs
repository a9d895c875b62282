using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Dns.Tests;

/// <summary>A name server on loopback, over UDP and TCP, that answers as a test says, and not only what is right.</summary>
internal sealed class FakeNameServer : IDisposable
{
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _other = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener _tcp;

    /// <param name="answer">Makes the datagrams to send; some may come from another port.</param>
    /// <param name="answerOverTcp">Makes what is sent over TCP, without the length.</param>
    public FakeNameServer(Func<DnsQuery, IEnumerable<DnsDatagram>> answer, Func<DnsQuery, byte[]>? answerOverTcp = null)
    {
        _other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        (_tcp, EndPoint) = BindBoth();
        _ = ServeAsync(answer);
        if (answerOverTcp is null)
        {
            _tcp.Stop();
        }
        else
        {
            _ = ServeOverTcpAsync(answerOverTcp);
        }
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The questions so far, over TCP too.</summary>
    public ConcurrentQueue<DnsQuery> Questions { get; } = [];

    /// <summary>The source ports of the questions so far.</summary>
    public ConcurrentQueue<int> Ports { get; } = [];

    /// <summary>An endpoint of loopback where nobody listens.</summary>
    public static IPEndPoint Closed()
    {
        using var server = new FakeNameServer(_ => []);
        return server.EndPoint;
    }

    public void Dispose()
    {
        _udp.Dispose();
        _other.Dispose();
        _tcp.Dispose();
    }

    // TCP first: of its ports fewer are free.
    private (TcpListener Tcp, IPEndPoint EndPoint) BindBoth()
    {
        while (true)
        {
            var tcp = new TcpListener(IPAddress.Loopback, 0);
            tcp.Start();
            try
            {
                _udp.Bind(tcp.LocalEndpoint);
                return (tcp, (IPEndPoint)tcp.LocalEndpoint);
            }
            catch (SocketException)
            {
                tcp.Dispose();
            }
        }
    }

    private async Task ServeAsync(Func<DnsQuery, IEnumerable<DnsDatagram>> answer)
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer.AsMemory(), new IPEndPoint(IPAddress.Any, 0));
                var query = new DnsQuery(buffer[..received.ReceivedBytes]);
                Ports.Enqueue(((IPEndPoint)received.RemoteEndPoint).Port);
                Questions.Enqueue(query);
                foreach (var datagram in answer(query))
                {
                    await (datagram.IsFromElsewhere ? _other : _udp).SendToAsync(datagram.Bytes, received.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private async Task ServeOverTcpAsync(Func<DnsQuery, byte[]> answer)
    {
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptTcpClientAsync();
                var stream = client.GetStream();
                var length = new byte[2];
                await stream.ReadExactlyAsync(length);
                var bytes = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(bytes);
                var query = new DnsQuery(bytes);
                Questions.Enqueue(query);
                var reply = answer(query);
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)reply.Length);
                await stream.WriteAsync((byte[])[.. length, .. reply]);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // It is over.
        }
    }
}

/// <summary>A datagram, and where it comes from.</summary>
internal sealed record DnsDatagram(byte[] Bytes, bool IsFromElsewhere = false)
{
    public static implicit operator DnsDatagram(byte[] bytes) => new(bytes);
}
