using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What the executable asks namerd, how soon an answer is in use, and that it cuts nobody.</summary>
[Collection(HeavyLoad.Name)]
public sealed class DiscoveryEffectTests : IAsyncLifetime
{
    private readonly TcpBackend _first = new(Serve.GreetAndEcho("1"));
    private readonly TcpBackend _second = new(Serve.GreetAndEcho("2"));
    private NamerdStandIn _namerd = null!;

    public async ValueTask InitializeAsync()
    {
        _namerd = await NamerdStandIn.StartAsync();
        Bind(_first);
    }

    public async ValueTask DisposeAsync()
    {
        await _namerd.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task SetReplaced_TwentyTimes_EachIsInUseWithinAHundredMillisecondsAndStays()
    {
        await using var proxy = await StartAsync();
        Assert.Equal("1", await AskAsync(proxy));
        for (var i = 0; i < 22; i++)
        {
            var (server, name) = i % 2 == 0 ? (_second, "2") : (_first, "1");
            var changed = TimeProvider.System.GetTimestamp();
            Bind(server);
            while (await AskAsync(proxy) != name)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(changed) < ClientSocket.Patience, $"nobody was sent to server {name}");
            }

            // Where the executable is not the published one, the first changes compile the code for it.
            var elapsed = TimeProvider.System.GetElapsedTime(changed);
            Assert.True(i < 2 || elapsed < TimeSpan.FromMilliseconds(100), $"change {i} took {elapsed.TotalMilliseconds} ms");
            for (var j = 0; j < 20; j++)
            {
                Assert.Equal(name, await AskAsync(proxy));
            }
        }

        // All of it over two watches: of the name, and of its addresses.
        Assert.Equal(["bind", "addr"], _namerd.Requests.Select(request => request.Split('/')[3]));
        Assert.All(_namerd.Requests, request => Assert.Contains("watch=true", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task SetChanges_TwentySessionsOpen_NoneIsCut()
    {
        await using var proxy = await StartAsync();
        var held = new List<Socket>();
        try
        {
            for (var i = 0; i < 20; i++)
            {
                held.Add(await ClientSocket.ConnectAsync(proxy.EndPoint));
                Assert.Equal("1", await held[i].ReceiveTextAsync(1).InTimeAsync());
            }

            await ChangeAsync("(1 added, 0 removed, 0 re-weighted)", (_first, 1), (_second, 1));
            await ChangeAsync("(0 added, 0 removed, 1 re-weighted)", (_first, 1), (_second, 9));
            await ChangeAsync("(0 added, 1 removed, 0 re-weighted)", (_second, 9));
            await ChangeAsync("(0 added, 1 removed, 0 re-weighted)");
        }
        finally
        {
            held.ForEach(client => client.Dispose());
        }

        async Task ChangeAsync(string expected, params (TcpBackend Server, double Weight)[] servers)
        {
            var before = proxy.Error.Lines.Count;
            Bind(servers);
            await proxy.Error.WaitForAsync(line => line.Contains(expected, StringComparison.Ordinal), TestContext.Current.CancellationToken, before);
            await Task.WhenAll(held.Select(client => client.EchoAsync("still the same session")));
        }
    }

    [Fact]
    public async Task EmptySet_IsObeyed_AndNewSessionsEndAtOnce()
    {
        await using var proxy = await StartAsync("--connect-timeout", "10m");
        Assert.Equal("1", await AskAsync(proxy));
        Bind(Array.Empty<TcpBackend>());
        await proxy.Error.WaitForAsync(line => line.Contains(": 0 endpoints (", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        await proxy.Error.WaitForAsync(line => line.Contains("PQ:no_endpoint", StringComparison.Ordinal), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task NamespaceAndPoll_Given_AreWhatIsAskedFor()
    {
        _namerd.Set("other", "/svc/web", NameState.Bound.Ports(_second.EndPoint.Port));
        await using var proxy = await StartAsync("-N", "other", "--poll", "-i", "1");
        Assert.Equal("2", await AskAsync(proxy));
        await _namerd.WaitForRequestsAsync(3, TestContext.Current.CancellationToken);
        Assert.All(_namerd.Requests, request => Assert.Matches("^GET /api/1/(bind|addr)/other[?]path=", request));
        Assert.All(_namerd.Requests, request => Assert.DoesNotContain("watch", request, StringComparison.Ordinal));
    }

    private static async Task<string> AskAsync(ProxyProcess proxy)
    {
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        return await client.ReceiveTextAsync(1).InTimeAsync();
    }

    private Task<ProxyProcess> StartAsync(params string[] options) => Executable.StartAsync("/svc/web", ["-n", _namerd.EndPoint.ToString(), .. options]);

    private void Bind(params TcpBackend[] servers) => Bind([.. servers.Select(server => (server, 1.0))]);

    private void Bind(params (TcpBackend Server, double Weight)[] servers) =>
        _namerd.Set("/svc/web", NameState.Bound.Of(servers.Select(server => StandInAddress.Of(server.Server.EndPoint, server.Weight))));
}
