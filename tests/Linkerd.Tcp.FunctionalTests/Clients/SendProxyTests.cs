using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.ProxyProtocol;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--send-proxy</c> of the real executable.</summary>
public sealed class SendProxyTests
{
    [Theory]
    [InlineData("epoll", "v1")]
    [InlineData("epoll", "v2")]
    [InlineData("sockets", "v1")]
    [InlineData("sockets", "v2")]
    public async Task Send_ServerSpeaksFirst_HasTheHeaderBefore(string engine, string version)
    {
        Assert.SkipUnless(engine != "epoll" || TransportFactory.IsSupported(TransportEngine.Epoll), "There is no epoll here.");
        var headers = new ConcurrentQueue<byte[]>();
        await using var server = new TcpBackend(async socket =>
        {
            await socket.SendTextAsync("220 ready");
            headers.Enqueue(await socket.ReceiveToEndAsync());
        });
        await using var proxy = await Executable.StartAsync(server.Name, "--transport", engine, "--send-proxy", version);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        var (source, destination) = (client.LocalEndPoint, client.RemoteEndPoint);
        Assert.Equal("220 ready", await client.ReceiveTextAsync(9).InTimeAsync());
        await client.SendTextAsync("hello");
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await client.ReceiveToEndAsync().InTimeAsync());
        Assert.True(headers.TryDequeue(out var bytes));
        var result = ProxyHeader.Read(bytes);
        Assert.Equal((source, destination), (result.Header!.Source, result.Header.Destination));
        Assert.Equal("hello", Encoding.ASCII.GetString(bytes.AsSpan(result.Consumed)));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task Send_ActiveChecks_AreLocal(string version)
    {
        var headers = new ConcurrentQueue<byte[]>();
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TcpBackend(async socket =>
        {
            headers.Enqueue(Encoding.Latin1.GetBytes(await socket.ReceiveTextAsync(version == "v2" ? 16 : "PROXY UNKNOWN\r\n".Length)));
            seen.TrySetResult();
        });
        await using var proxy = await Executable.StartAsync(server.Name, "--send-proxy", version, "--active-check", "100ms");
        await seen.Task.InTimeAsync();
        Assert.True(headers.TryDequeue(out var bytes));
        var result = ProxyHeader.Read(bytes);
        Assert.Equal((ProxyReadStatus.Done, bytes.Length, null), (result.Status, result.Consumed, result.Header?.Source));
        Assert.Equal(version == "v2" ? ProxyCommand.Local : ProxyCommand.Proxy, result.Header!.Command);
    }

    [Fact]
    public async Task Send_WithPreconnects_WarnsAndMakesNone()
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--send-proxy", "v2", "--min-connections", "3");
        await proxy.Error.WaitForAsync(line => line.Contains("no connections are made ahead (3 were asked for)", StringComparison.Ordinal), Cancelled);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync("hello");
        client.Shutdown(SocketShutdown.Send);
        var bytes = await client.ReceiveToEndAsync().InTimeAsync();
        Assert.Equal(client.LocalEndPoint, ProxyHeader.Read(bytes).Header!.Source);
        Assert.Equal(1, server.Accepted);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;
}
