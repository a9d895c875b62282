using System.Globalization;
using System.Net;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>An IPv6 address in a zone whose network interface does not exist yet.</summary>
public sealed class ZoneTests
{
    private const string Interface = "ltzone0";

    [Fact]
    public async Task Zone_InterfaceAppearsLater_WorksOnceItIsThere()
    {
        await using var network = await NetworkNamespace.CreateAsync();
        await using var backend = new TcpBackend(Serve.EchoAsync, network.Outside);

        // The server with the zoned address is another proxy, in the namespace too.
        await using var server = await StartAsync(network, backend.Name, "[::]:0");
        var target = string.Create(CultureInfo.InvariantCulture, $"/$/inet/fe80::1%{Interface}/{server.EndPoint.Port}");
        await using var proxy = await StartAsync(network, target, $"{network.Inside}:0");
        await proxy.Error.WaitForAsync(line => line.Contains($"there is no network interface '{Interface}'", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        await network.AddInterfaceAsync(Interface, IPAddress.Parse("fe80::1"));
        await proxy.Error.WaitForAsync(line => line.Contains("1 endpoints (1 added", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("hello");
    }

    private static Task<ProxyProcess> StartAsync(NetworkNamespace network, string target, string listen) =>
        ProxyProcess.StartAsync(Executable.FileName, target, TestContext.Current.CancellationToken, listen: listen, through: network.Run);
}
