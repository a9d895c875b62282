using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable between proxies that pass the client's address by the PROXY protocol.</summary>
public sealed class PassedClientTests
{
    private const string Accept = "--accept-proxy";
    private const string Send = "--send-proxy";

    public static TheoryData<string> Senders => ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority", "nginx"];

    [Theory]
    [MemberData(nameof(Senders))]
    public async Task Accept_HeaderOfAnotherProxy_NamesTheClientAndIsGone(string sender)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartWithDebugLogAsync(server.Name, Accept, "127.0.0.0/8");
        await using var before = sender == "nginx"
            ? ProxyPeer.Nginx("", $"proxy_pass {proxy.EndPoint}; proxy_protocol on;")
            : ProxyPeer.Haproxy("", $"  mode tcp\n  unique-id-format id-%cp\n  server s {proxy.EndPoint} {sender}");
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using var client = await before.ConnectAsync(address);
            var told = client.LocalEndPoint!.ToString()!;
            await client.EchoAsync("hello");
            client.Shutdown(SocketShutdown.Both);
            await proxy.Error.WaitForAsync(line => line.Contains($"] {told} to ", StringComparison.Ordinal) && line.Contains(" ended ", StringComparison.Ordinal), Cancelled);
        }
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task Send_ToHaproxy_ItSeesTheClient(string version)
    {
        await using var haproxy = ProxyPeer.Haproxy("accept-proxy", "  mode http\n  http-request return status 200 content-type text/plain lf-string \"%[src] %[src_port] %[dst] %[dst_port]\\n\"");
        await SeesTheClientAsync(haproxy, version, "GET / HTTP/1.0\r\n\r\n");
    }

    // It speaks first: the header must not wait for bytes of the client.
    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task Send_ToNginx_ItSeesTheClient(string version)
    {
        await using var nginx = ProxyPeer.Nginx("proxy_protocol", "return \"$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port\\n\";");
        await SeesTheClientAsync(nginx, version, "");
    }

    [Theory]
    [InlineData("send-proxy", "v2")]
    [InlineData("send-proxy-v2", "v1")]
    public async Task AcceptAndSend_Chain_PassesTheFirstClientOn(string before, string after)
    {
        await using var nginx = ProxyPeer.Nginx("proxy_protocol", "return \"$proxy_protocol_addr $proxy_protocol_port\";");
        (await nginx.ConnectAsync(IPAddress.Loopback)).Dispose();
        await using var proxy = await Executable.StartAsync(nginx.Target, Accept, "127.0.0.0/8", Send, after);
        await using var haproxy = ProxyPeer.Haproxy("", $"  mode tcp\n  server s {proxy.EndPoint} {before}");
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using var client = await haproxy.ConnectAsync(address);
            var told = (IPEndPoint)client.LocalEndPoint!;
            Assert.Equal($"{told.Address} {told.Port}", await client.ReceiveTextToEndAsync().InTimeAsync());
        }
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static async Task SeesTheClientAsync(ProxyPeer server, string version, string request)
    {
        (await server.ConnectAsync(IPAddress.Loopback)).Dispose();
        foreach (var listen in new[] { "127.0.0.1:0", "[::1]:0" })
        {
            await using var proxy = await ProxyProcess.StartAsync(Executable.FileName, server.Target, Cancelled, [Send, version], listen: listen);
            using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            var (source, destination) = ((IPEndPoint)client.LocalEndPoint!, (IPEndPoint)client.RemoteEndPoint!);
            await client.SendTextAsync(request);
            Assert.EndsWith($"{source.Address} {source.Port} {destination.Address} {destination.Port}\n", await client.ReceiveTextToEndAsync().InTimeAsync(), StringComparison.Ordinal);
        }
    }
}
