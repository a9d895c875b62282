using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Where the real executable can listen.</summary>
public sealed class ListenTests
{
    [Theory]
    [InlineData("0.0.0.0:0", "127.0.0.1")]
    [InlineData("[::1]:0", "::1")]
    [InlineData("[::]:0", "::1")]
    public async Task Address_AnyOfThisMachine_IsServed(string listen, string connectTo)
    {
        var address = IPAddress.Parse(connectTo);
        Assert.SkipUnless(address.AddressFamily == AddressFamily.InterNetwork || Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using var backend = new TcpBackend(Serve.Say("hello"));
        await using var proxy = await ProxyProcess.StartAsync(
            Executable.FileName, backend.Name, TestContext.Current.CancellationToken, listen: listen);
        Assert.Equal("hello", await ClientSocket.AskAsync(new IPEndPoint(address, proxy.EndPoint.Port)));
    }

    [Fact]
    public async Task AnyIPv6_ClientOfIPv4_IsServedAndLoggedAsIPv4()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using var backend = new TcpBackend(Serve.Say("hello"));
        foreach (var transport in Transports)
        {
            await using var proxy = await ProxyProcess.StartAsync(
                Executable.FileName, backend.Name, TestContext.Current.CancellationToken, ["--transport", transport], log: "debug", listen: "[::]:0");
            Assert.Equal("hello", await ClientSocket.AskAsync(new IPEndPoint(IPAddress.Loopback, proxy.EndPoint.Port)));
            var line = await proxy.Error.WaitForAsync(line => line.Contains("127.0.0.1:", StringComparison.Ordinal) && line.Contains("--", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            Assert.DoesNotContain("ffff", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task SeveralAddresses_AllOfThem_AreServed()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using var backend = new TcpBackend(Serve.Say("hello"));
        foreach (var transport in Transports)
        {
            await using var proxy = await Executable.StartAsync(backend.Name, "-l", "127.0.0.2:0", "-l", "[::1]:0", "-l", "127.0.0.1:0", "--transport", transport);
            await proxy.Error.WaitForAsync(line => line.Contains("] listening on 127.0.0.1:", StringComparison.Ordinal) && !line.Contains($":{proxy.Port} ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            var addresses = proxy.Error.Lines.Where(line => line.Contains("] listening on ", StringComparison.Ordinal)).Select(AddressOf).ToList();
            Assert.Equal(["127.0.0.1", "127.0.0.2", "::1", "127.0.0.1"], addresses.Select(address => address.Address.ToString()));
            foreach (var address in addresses)
            {
                Assert.Equal("hello", await ClientSocket.AskAsync(address));
            }
        }
    }

    [Fact]
    public async Task AnyIPv6AndAnyIPv4OfOnePort_Together_AreServed()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using var backend = new TcpBackend(Serve.Say("hello"));
        foreach (var transport in Transports)
        {
            var port = FreePort.Next();
            await using var proxy = await ProxyProcess.StartAsync(
                Executable.FileName, backend.Name, TestContext.Current.CancellationToken, ["-l", $"{port}", "--transport", transport], listen: $"[::]:{port}");
            await proxy.Error.WaitForAsync(line => line.Contains($"] listening on 0.0.0.0:{port} ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
            Assert.Equal("hello", await ClientSocket.AskAsync(new IPEndPoint(IPAddress.Loopback, port)));
            Assert.Equal("hello", await ClientSocket.AskAsync(new IPEndPoint(IPAddress.IPv6Loopback, port)));
        }
    }

    private static string[] Transports => TransportFactory.IsSupported(TransportEngine.Epoll) ? ["epoll", "sockets"] : ["sockets"];

    private static IPEndPoint AddressOf(string line) => IPEndPoint.Parse(line.Split("] listening on ")[1].Split(' ')[0]);
}
