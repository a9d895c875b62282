using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>HAProxy, nginx and stunnel as clients of a listener with TLS, and as servers with TLS, with a PROXY header before TLS if they can.</summary>
public sealed class ProxyPeerTlsTests : IAsyncLifetime
{
    private const string Name = "web.example";
    private const int Bytes = 3_000_000;
    private readonly TlsFiles _files = new();
    private readonly TcpBackend _backend = new(Serve.CountToFinAsync);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        _files.Dispose();
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("send-proxy-v2", "127.0.0.0/8")]
    public async Task Haproxy_AsTheClient_IsServed(string header, string accepted)
    {
        await using var proxy = await StartTerminatingAsync(accepted);
        await using var haproxy = ProxyPeer.Haproxy(
            "", $"  mode tcp\n  server s {proxy.EndPoint} ssl verify required ca-file {_files.Root} sni str({Name}) verifyhost {Name} {header}");
        await CountsAsync(haproxy);
        await HasTheClientsAddressAsync(proxy, haproxy, accepted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("v2")]
    public async Task Haproxy_AsTheServer_Serves(string header)
    {
        await using var haproxy = ProxyPeer.Haproxy(
            $"ssl crt {_files.Join(_files.Write(Name))} {(header == "" ? "" : "accept-proxy")}",
            "  mode http\n  http-request return status 200 content-type text/plain lf-string \"%[src]:%[src_port] %[ssl_fc_sni] %[ssl_fc_protocol]\\n\"");
        using (await haproxy.ConnectAsync(IPAddress.Loopback))
        {
        }

        await using var proxy = await StartOriginatingAsync(haproxy, header);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync("GET / HTTP/1.0\r\n\r\n");
        var answer = (await client.ReceiveTextToEndAsync().InTimeAsync()).Split('\n')[^2];
        Assert.EndsWith($" {Name} TLSv1.3", answer, StringComparison.Ordinal);
        if (header != "")
        {
            Assert.StartsWith($"{client.LocalEndPoint} ", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("proxy_protocol on;", "127.0.0.0/8")]
    public async Task Nginx_AsTheClient_IsServed(string header, string accepted)
    {
        await using var proxy = await StartTerminatingAsync(accepted);
        await using var nginx = ProxyPeer.Nginx(
            "",
            $"proxy_pass {proxy.EndPoint}; proxy_ssl on; proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_trusted_certificate {_files.Root}; proxy_ssl_name {Name}; "
            + $"proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_half_close on; {header}");
        await CountsAsync(nginx);
        await HasTheClientsAddressAsync(proxy, nginx, accepted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task Nginx_AsTheServer_Serves(string header)
    {
        var identity = _files.Write(Name);
        var (listen, variables) = header == "" ? ("ssl", "") : ("ssl proxy_protocol", "$proxy_protocol_addr:$proxy_protocol_port");
        await using var nginx = ProxyPeer.Nginx(
            listen, $"ssl_certificate {identity.Certificate}; ssl_certificate_key {identity.Key}; ssl_protocols TLSv1.2 TLSv1.3; return \"{variables} $ssl_server_name $ssl_protocol\";");
        using (await nginx.ConnectAsync(IPAddress.Loopback))
        {
        }

        await using var proxy = await StartOriginatingAsync(nginx, header);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var address = header == "" ? "" : client.LocalEndPoint!.ToString();
        Assert.Equal($"{address} {Name} TLSv1.3", await client.ReceiveTextToEndAsync().InTimeAsync());
    }

    [Fact]
    public async Task Stunnel_AsTheClient_IsServed()
    {
        await using var proxy = await StartTerminatingAsync("");
        await using var stunnel = ProxyPeer.Stunnel($"client = yes\nconnect = {proxy.EndPoint}\nverifyChain = yes\nCAfile = {_files.Root}\ncheckHost = {Name}\nsni = {Name}");
        await CountsAsync(stunnel);
    }

    [Fact]
    public async Task Stunnel_AsTheServer_Serves()
    {
        var identity = _files.Write(Name);
        await using var stunnel = ProxyPeer.Stunnel($"cert = {identity.Certificate}\nkey = {identity.Key}\nconnect = {_backend.EndPoint}");
        using (await stunnel.ConnectAsync(IPAddress.Loopback))
        {
        }

        await using var proxy = await StartOriginatingAsync(stunnel, "");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await CountsAsync(client);
    }

    private static async Task CountsAsync(ProxyPeer peer)
    {
        using var client = await peer.ConnectAsync(IPAddress.Loopback);
        await CountsAsync(client);
    }

    // Needs the half-close to go through TLS: the backend answers when it has seen the FIN.
    private static async Task CountsAsync(Socket client)
    {
        await client.SendTextAsync(new string('x', Bytes));
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal($"{Bytes} bytes\n", await client.ReceiveTextToEndAsync().InTimeAsync());
    }

    // The header's address stands in the log of the session.
    private static async Task HasTheClientsAddressAsync(ProxyProcess proxy, ProxyPeer peer, string accepted)
    {
        if (accepted != "")
        {
            using var client = await peer.ConnectAsync(IPAddress.Loopback);
            await CountsAsync(client);
            var address = client.LocalEndPoint!.ToString()!;
            await proxy.Error.WaitForAsync(line => line.Contains(address, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        }
    }

    private Task<ProxyProcess> StartTerminatingAsync(string accepted)
    {
        var identity = _files.Write(Name);
        string[] header = accepted == "" ? [] : ["--accept-proxy", accepted];
        return Executable.StartWithDebugLogAsync(_backend.Name, ["--tls-cert", identity.Certificate, "--tls-key", identity.Key, .. header]);
    }

    private Task<ProxyProcess> StartOriginatingAsync(ProxyPeer peer, string header)
    {
        string[] sent = header == "" ? [] : ["--send-proxy", header];
        return Executable.StartWithDebugLogAsync(peer.Target, ["--server-tls", "--server-ca", _files.Root, "--server-tls-name", Name, .. sent]);
    }
}
