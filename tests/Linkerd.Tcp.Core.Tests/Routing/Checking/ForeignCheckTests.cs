using System.Net;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Dialing.Checking;
using Linkerd.Tcp.Tests.Proxying;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing.Checking;

/// <summary>Checks over a transport of somebody else's.</summary>
public sealed class ForeignCheckTests
{
    private static readonly IPEndPoint Address = new(IPAddress.Loopback, 40_001);

    [Theory]
    [InlineData("Executor")]
    [InlineData("RemoteEndPoint")]
    [InlineData("Arm")]
    [InlineData("SendAsync")]
    [InlineData("ReceiveAsync")]
    [InlineData("Abort")]
    public async Task RunAsync_ConnectionThrows_ItIsGivenBack(string member)
    {
        var connection = new FaultyConnection(new StillConnection(Address, new IPEndPoint(IPAddress.Loopback, 40_000)), member);
        var transport = new ScriptedTransport((_, _, _) => new(ConnectResult.Connected(connection)));
        var options = new ActiveCheckOptions { Send = member == "Abort" ? default : "PING"u8.ToArray(), Expect = member == "Abort" ? default : "PONG"u8.ToArray() };
        var check = new EndpointCheck(new Dialer(transport, new TcpOptions()), options, static () => new ConnectOptions(), TimeProvider.System);
        await Assert.ThrowsAsync<NotSupportedException>(() => check.RunAsync(Address, null, TestContext.Current.CancellationToken));
        Assert.True(connection.IsAborted && connection.IsDisposed);
    }
}
