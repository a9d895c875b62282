using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--allow-client</c> and <c>--deny-client</c> of the real executable.</summary>
public sealed class ClientListTests
{
    [Theory]
    [InlineData("--deny-client", "127.0.0.0/8", "its address is on the deny list")]
    [InlineData("--allow-client", "192.0.2.0/24,::1", "its address is not on the allow list")]
    public async Task Client_IsNotToConnect_IsResetAndLogged(string option, string networks, string words)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, option, networks);
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        await proxy.Error.WaitForAsync(line => line.Contains($"was refused: client_network, {words}", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal(0, server.Accepted);
    }

    [Fact]
    public async Task Client_IsToConnect_IsServed()
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--allow-client", "127.0.0.0/8", "--deny-client", "127.9.0.0/16");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("hello");
        using var denied = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        denied.Bind(IPEndPoint.Parse("127.9.0.1:0"));
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await denied.ConnectAsync(proxy.EndPoint, TestContext.Current.CancellationToken);
            await denied.ReceiveToEndAsync().InTimeAsync();
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Theory]
    [InlineData("192.0.2.7", true)]
    [InlineData("203.0.113.7", false)]
    public async Task Client_ThatAHeaderNames_IsHeldToTheLists(string address, bool isServed)
    {
        await using var server = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(server.Name, "--accept-proxy", "127.0.0.1", "--allow-client", "192.0.2.0/24");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync($"PROXY TCP4 {address} 198.51.100.7 4711 443\r\n");
        if (isServed)
        {
            await client.EchoAsync("hello");
        }
        else
        {
            await client.IsResetAsync();
            await proxy.Error.WaitForAsync(line => line.Contains($"{address}:4711", StringComparison.Ordinal) && line.Contains("client_network", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        }
    }
}
