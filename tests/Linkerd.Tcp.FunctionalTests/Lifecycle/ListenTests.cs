using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

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
}
