using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The machine itself forbids a connect.</summary>
public sealed class ForbiddenConnectTests
{
    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task RouteIsProhibited_WarningSpeaksOfConnecting(string transport)
    {
        // Of documentation (RFC 5737): nobody has it.
        var server = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 80);
        await using var network = await NetworkNamespace.CreateAsync();
        await network.ProhibitAsync(server.Address);
        await using var proxy = await ProxyProcess.StartAsync(
            Executable.FileName,
            ProxyProcess.InetName(server),
            TestContext.Current.CancellationToken,
            ["--retries", "0", "--transport", transport],
            listen: new IPEndPoint(network.Inside, 0).ToString(),
            through: network.Run);
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        var line = await proxy.Error.WaitForAsync(line => line.Contains("could not be served", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Contains("permission denied: this machine forbids the connection (", line, StringComparison.Ordinal);
        Assert.DoesNotContain("1024", proxy.Error.Text, StringComparison.Ordinal);
    }
}
