using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>--balancer</c> of the real executable.</summary>
public sealed class BalancerOptionTests : IAsyncLifetime
{
    private readonly TcpBackend[] _servers = [.. Enumerable.Range(1, 3).Select(i => new TcpBackend(Serve.Say($"{i}")))];
    private ServerGroup _group = null!;

    public async ValueTask InitializeAsync() => _group = await ServerGroup.StartAsync(_servers.Select(server => server.EndPoint));

    public async ValueTask DisposeAsync()
    {
        await _group.DisposeAsync();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("p2c")]
    [InlineData("peakEwma")]
    [InlineData("leastConnections")]
    [InlineData("roundRobin")]
    [InlineData("random")]
    public async Task Balancer_EachKind_ServesFromEveryServer(string kind)
    {
        await using var proxy = await _group.ProxyAsync("--balancer", kind);
        for (var i = 0; i < 90; i++)
        {
            await ClientSocket.AskAsync(proxy.EndPoint);
        }

        Assert.Equal(90, _servers.Sum(server => server.Accepted));
        Assert.All(_servers, server => Assert.True(server.Accepted > 0, $"{server.EndPoint} served nobody"));
    }

    [Fact]
    public async Task Balancer_RoundRobin_GivesEachItsShareExactly()
    {
        await using var proxy = await _group.ProxyAsync("--balancer", "roundrobin");
        for (var i = 0; i < 90; i++)
        {
            await ClientSocket.AskAsync(proxy.EndPoint);
        }

        Assert.All(_servers, server => Assert.Equal(30, server.Accepted));
    }

    [Fact]
    public async Task Balancer_Maglev_SendsAClientAddressToOneServerAlways()
    {
        Require.Linux();
        await using var proxy = await _group.ProxyWithDebugLogAsync("--balancer", "maglev");
        var served = new List<(IPAddress Client, string Server)>();
        for (var i = 0; i < 120; i++)
        {
            var address = new IPAddress([127, 0, 1, (byte)(1 + (i % 40))]);
            served.Add((address, await AskFromAsync(address, proxy.EndPoint)));

            // A session that is still counted as load may send the next one elsewhere: loads are bounded.
            await Eventually.IsTrueAsync(() => proxy.Sessions().Sum(client => client.Count()) > i, () => proxy.Error.Text);
        }

        var servers = served.GroupBy(session => session.Client, session => session.Server).ToDictionary(group => group.Key, group => group.Distinct().ToList());
        Assert.All(servers, client => Assert.True(client.Value.Count == 1, $"{client.Key} was served by {string.Join(" and ", client.Value)}"));
        Assert.Equal(3, servers.Values.Select(names => names[0]).Distinct().Count());
    }

    private static async Task<string> AskFromAsync(IPAddress address, EndPoint proxy)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(address, 0));
        await client.ConnectAsync(proxy).InTimeAsync();
        return await client.ReceiveTextToEndAsync().InTimeAsync();
    }
}
