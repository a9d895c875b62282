using System.Globalization;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--min-connections</c> of the real executable.</summary>
public sealed class MinConnectionsTests
{
    [Fact]
    public async Task MinConnections_Three_AreThereBeforeAnyClientAndServeIt()
    {
        var accepted = 0;
        await using var server = new TcpBackend(async socket =>
        {
            // Each connection answers with its number, once asked.
            var number = Interlocked.Increment(ref accepted).ToString(CultureInfo.InvariantCulture);
            while (await socket.ReceiveAsync(new byte[1]) > 0)
            {
                await socket.SendTextAsync(number);
            }
        });
        await using var proxy = await Executable.StartAsync(server.Name, "--min-connections", "3");
        await Eventually.IsTrueAsync(() => server.Open == 3, () => $"{server.Open} of 3 connections\n{proxy.Error.Text}");
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.SendTextAsync("?");
        Assert.Contains(await client.ReceiveTextAsync(1).InTimeAsync(), (string[])["1", "2", "3"]);

        // And another takes its place.
        await Eventually.IsTrueAsync(() => server.Open == 4, () => $"{server.Open} of 4 connections\n{proxy.Error.Text}");
        Assert.Equal(4, server.Accepted);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await client.ReceiveTextToEndAsync().InTimeAsync());
    }
}
