using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.ProxyProtocol;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Headers of HAProxy and nginx as they are read here, and headers of ours as they read them.</summary>
public sealed class ProxyProtocolTests
{
    private static readonly IPEndPoint Client4 = IPEndPoint.Parse("192.0.2.1:56324");
    private static readonly IPEndPoint Client6 = IPEndPoint.Parse("[2001:db8::1]:56324");

    [Theory]
    [InlineData("send-proxy", "127.0.0.1")]
    [InlineData("send-proxy", "::1")]
    [InlineData("send-proxy-v2", "127.0.0.1")]
    [InlineData("send-proxy-v2", "::1")]
    [InlineData("send-proxy-v2 proxy-v2-options crc32c,unique-id,authority", "127.0.0.1")]
    [InlineData("send-proxy-v2 proxy-v2-options crc32c,unique-id,authority", "::1")]
    public async Task Read_HeaderOfHaproxy_HasTheClientsAddresses(string option, string address)
    {
        using var server = Listen();
        await using var haproxy = ProxyPeer.Haproxy("", $"  mode tcp\n  unique-id-format id-%cp\n  server s {server.LocalEndPoint} {option}");
        using var client = await haproxy.ConnectAsync(IPAddress.Parse(address));
        var (source, destination) = (client.LocalEndPoint, client.RemoteEndPoint);
        var header = await ReadAsync(server, client);
        Assert.Equal((source, destination), (header.Source, header.Destination));
        var hasOptions = option.Contains("crc32c", StringComparison.Ordinal);
        Assert.Equal(hasOptions, header.TryGetTlv(ProxyTlvType.Crc32C, out _));
        Assert.Equal(hasOptions ? $"id-{((IPEndPoint)source!).Port}" : "", Encoding.ASCII.GetString(header.UniqueId.Span));
    }

    // HAProxy hands on the authority that it was given: it has read ours, and we read its.
    [Fact]
    public async Task Read_AuthorityThatHaproxyHandsOn_IsTheOneThatWasWritten()
    {
        using var server = Listen();
        await using var haproxy = ProxyPeer.Haproxy("accept-proxy", $"  mode tcp\n  server s {server.LocalEndPoint} send-proxy-v2 proxy-v2-options crc32c,authority");
        using var client = await haproxy.ConnectAsync(IPAddress.Loopback);
        var written = new ProxyHeader(Client6, Client4, new ProxyTlv(ProxyTlvType.Authority, "web.example"u8.ToArray()));
        await client.SendAsync(Bytes(written, ProxyProtocolVersion.V2, withChecksum: true), Cancelled);
        var header = await ReadAsync(server, client);
        Assert.Equal((Client6, Client4, "web.example"), (header.Source, header.Destination, header.Authority));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Read_HeaderOfNginx_HasTheClientsAddresses(string address)
    {
        using var server = Listen();
        await using var nginx = ProxyPeer.Nginx("", $"proxy_pass {server.LocalEndPoint}; proxy_protocol on;");
        using var client = await nginx.ConnectAsync(IPAddress.Parse(address));
        var (source, destination) = (client.LocalEndPoint, client.RemoteEndPoint);
        var header = await ReadAsync(server, client);
        Assert.Equal((source, destination), (header.Source, header.Destination));
    }

    [Theory]
    [InlineData(ProxyProtocolVersion.V1, false)]
    [InlineData(ProxyProtocolVersion.V2, false)]
    [InlineData(ProxyProtocolVersion.V2, true)]
    public async Task Write_Header_HaproxyReadsIt(ProxyProtocolVersion version, bool withChecksum)
    {
        await using var haproxy = ProxyPeer.Haproxy(
            "accept-proxy", "  mode http\n  http-request return status 200 content-type text/plain lf-string \"%[src] %[src_port] %[dst] %[dst_port] %[fc_pp_authority] %[fc_pp_unique_id]\\n\"");
        ProxyTlv[] tlvs = [new(ProxyTlvType.Alpn, "h2"u8.ToArray()), new(ProxyTlvType.Authority, "web.example"u8.ToArray()), new(ProxyTlvType.UniqueId, "7"u8.ToArray())];
        var fields = version == ProxyProtocolVersion.V2 ? "web.example 7" : " ";
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            Assert.Equal($"192.0.2.1 56324 192.0.2.1 56324 {fields}", await AskAsync(new ProxyHeader(Client4, Client4, tlvs)));
            Assert.Equal($"2001:db8::1 56324 2001:db8::1 56324 {fields}", await AskAsync(new ProxyHeader(Client6, Client6, tlvs)));
            Assert.Equal($"::ffff:192.0.2.1 56324 2001:db8::1 56324 {fields}", await AskAsync(new ProxyHeader(Client4, Client6, tlvs)));
            Assert.Matches($"^{address} [0-9]+ {address} [0-9]+  $", await AskAsync(ProxyHeader.Local));

            async Task<string> AskAsync(ProxyHeader header)
            {
                using var client = await haproxy.ConnectAsync(address);
                await client.SendAsync((byte[])[.. Bytes(header, version, withChecksum), .. "GET / HTTP/1.0\r\n\r\n"u8], Cancelled);
                return (await ReadToEndAsync(client)).Split('\n')[^2];
            }
        }
    }

    [Theory]
    [InlineData(ProxyProtocolVersion.V1, false)]
    [InlineData(ProxyProtocolVersion.V2, false)]
    [InlineData(ProxyProtocolVersion.V2, true)]
    public async Task Write_Header_NginxReadsIt(ProxyProtocolVersion version, bool withChecksum)
    {
        await using var nginx = ProxyPeer.Nginx("proxy_protocol", "return \"$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port\";");
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            Assert.Equal("192.0.2.1 56324 192.0.2.1 56324", await AskAsync(new ProxyHeader(Client4, Client4, new ProxyTlv(ProxyTlvType.Authority, "web"u8.ToArray()))));
            Assert.Equal("2001:db8::1 56324 2001:db8::1 56324", await AskAsync(new ProxyHeader(Client6, Client6)));
            Assert.Equal("::ffff:192.0.2.1 56324 2001:db8::1 56324", await AskAsync(new ProxyHeader(Client4, Client6)));
            Assert.Equal("   ", await AskAsync(ProxyHeader.Local));

            async Task<string> AskAsync(ProxyHeader header)
            {
                using var client = await nginx.ConnectAsync(address);
                await client.SendAsync(Bytes(header, version, withChecksum), Cancelled);
                return await ReadToEndAsync(client);
            }
        }
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    // The header with which the connection to the server begins, and then what the client sent, byte for byte.
    private static async Task<ProxyHeader> ReadAsync(Socket server, Socket client)
    {
        await client.SendAsync("hello"u8.ToArray(), Cancelled);
        client.Shutdown(SocketShutdown.Send);
        using var connection = await server.AcceptAsync(Cancelled);
        var bytes = new List<byte>();
        var buffer = new byte[1024];
        while (await connection.ReceiveAsync(buffer, Cancelled) is > 0 and var count)
        {
            bytes.AddRange(buffer.AsSpan(0, count));
        }

        var result = ProxyHeader.Read(bytes.ToArray());
        Assert.True(result.Status == ProxyReadStatus.Done, string.Create(CultureInfo.InvariantCulture, $"{result.Error}: {Convert.ToHexString(bytes.ToArray())}"));
        Assert.Equal("hello", Encoding.ASCII.GetString(bytes.ToArray().AsSpan(result.Consumed)));
        return result.Header!;
    }

    private static async Task<string> ReadToEndAsync(Socket client)
    {
        using var reader = new StreamReader(new NetworkStream(client));
        return await reader.ReadToEndAsync(Cancelled);
    }

    private static byte[] Bytes(ProxyHeader header, ProxyProtocolVersion version, bool withChecksum = false)
    {
        var buffer = new byte[header.GetMaxLength(version)];
        return buffer[..header.Write(buffer, version, withChecksum)];
    }
}
