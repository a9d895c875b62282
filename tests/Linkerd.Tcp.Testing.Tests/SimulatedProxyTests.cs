using System.Net;
using System.Text;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Routing;
using static Linkerd.Tcp.Testing.Tests.Simulations;

namespace Linkerd.Tcp.Testing.Tests;

/// <summary>What users test: a destination and a proxy in front of servers of which some fail.</summary>
public sealed class SimulatedProxyTests
{
    [Fact]
    public void Destination_OneOfThreeServersDies_OthersServe() => Simulation.Run(static async simulation =>
    {
        var servers = simulation.AddServers(3);
        await using var registry = simulation.CreateRegistry(simulation.AddHost("client"), servers);
        var destination = registry.Get(Name);
        servers[0].Stop();
        for (var i = 0; i < 100; i++)
        {
            await using var connection = await destination.ConnectAsync(Token);
            Assert.NotEqual(servers[0].EndPoint, connection.EndPoint);
        }
    }, new SimulationOptions { Seeds = 10 });

    [Fact]
    public void Destination_DeadServerComesBack_IsUsedAgain() => Simulation.Run(static async simulation =>
    {
        var servers = simulation.AddServers(3);
        await using var registry = simulation.CreateRegistry(simulation.AddHost("client"), servers);
        var destination = registry.Get(Name);
        servers[0].Stop();
        await ConnectAsync(100);
        Assert.NotEqual(BreakerState.Closed, destination.FindEndpoint(servers[0].EndPoint)!.Snapshot().Breaker);
        servers[0].Start();
        await simulation.DelayAsync(TimeSpan.FromMinutes(10));
        await ConnectAsync(100);
        await simulation.DelayAsync(TimeSpan.FromMinutes(10));
        await ConnectAsync(100);
        Assert.InRange(servers[0].Accepted, 20, 200);

        async Task ConnectAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await using var connection = await destination.ConnectAsync(Token);
                await connection.AsStream().EchoAsync("x");
            }
        }
    });

    [Fact]
    public void Destination_AllServersAreIsolated_TimesOutInVirtualTime() => Simulation.Run(static async simulation =>
    {
        var servers = simulation.AddServers(3);
        await using var registry = simulation.CreateRegistry(simulation.AddHost("client"), servers);
        Assert.All(servers, static server => server.Isolate());
        var error = await Assert.ThrowsAsync<ConnectException>(async () => await registry.Get(Name).ConnectAsync(Token));
        Assert.Equal("sC", error.Reason.ToString());

        // 3 s for each server; then none is left to try.
        Assert.Equal(9, simulation.Elapsed.TotalSeconds);
    });

    [Fact]
    public void Proxy_ServerDiesUnderLoad_NewSessionsGoToTheOthers() => Simulation.Run(static async simulation =>
    {
        var servers = simulation.AddServers(3);
        var host = simulation.AddHost("proxy");
        await using var registry = simulation.CreateRegistry(host, servers);
        var address = new IPEndPoint(host.Address, 7575);
        await using var proxy = simulation.CreateProxy(host, registry, new TcpProxyOptions { Listeners = [new ListenerOptions(address, Name)] });
        await proxy.StartAsync(Token);
        var client = simulation.AddHost("client");
        var (echoed, cut) = (0, 0);
        var sessions = Enumerable.Range(0, 60).Select(async index =>
        {
            await simulation.DelayAsync(TimeSpan.FromMilliseconds(100 * index));
            await using var stream = await client.ConnectStreamAsync(address, Token);
            try
            {
                for (var i = 0; i < 10; i++)
                {
                    Assert.Equal("hello", await stream.EchoAsync("hello"));
                    await simulation.DelayAsync(TimeSpan.FromMilliseconds(50));
                }

                echoed++;
            }
            catch (IOException)
            {
                cut++;
            }
        }).ToList();
        await simulation.DelayAsync(TimeSpan.FromSeconds(3));
        var dying = servers.MaxBy(static server => server.Links.Count)!;
        var open = dying.Links.Count;
        dying.Stop();
        await Task.WhenAll(sessions);

        // Those that were on the server, but for one that was about to end, and no others.
        Assert.InRange(cut, 1, open);
        Assert.Equal(60 - cut, echoed);
        Assert.Equal(60, servers.Sum(static server => server.Accepted));
    }, new SimulationOptions { Seeds = 5 });

    [Fact]
    public void Registry_OwnOptions_AreInForce() => Simulation.Run(static async simulation =>
    {
        var servers = simulation.AddServers(2);
        await using var registry = simulation.CreateRegistry(simulation.AddHost("client"), servers, static options => options.Balancer = BalancerKind.RoundRobin);
        var picked = new List<EndPoint>();
        for (var i = 0; i < 6; i++)
        {
            await using var connection = await registry.Get(Name).ConnectAsync(Token);
            picked.Add(connection.EndPoint);
        }

        Assert.Equal(picked[0], picked[2]);
        Assert.NotEqual(picked[0], picked[1]);
    });

    [Fact]
    public void HttpClient_OverADestination_RequestsAreBalanced() => Simulation.Run(static async simulation =>
    {
        var servers = simulation.AddServers(3, static connection => AnswerAsync(connection.AsStream()));
        await using var registry = simulation.CreateRegistry(simulation.AddHost("client"), servers);
        var destination = registry.Get(Name);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => (await destination.ConnectAsync(cancellationToken)).AsStream(),
        });
        servers[2].Refuse();
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal("hello", await http.GetStringAsync(new Uri("http://web/"), Token));
        }

        Assert.Equal((30, 0), (servers[0].Accepted + servers[1].Accepted, servers[2].Accepted));
        Assert.InRange(servers[0].Accepted, 10, 20);

        static async Task AnswerAsync(Stream stream)
        {
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (await reader.ReadLineAsync(Token) is { Length: > 0 })
            {
            }

            await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray(), Token);
        }
    });
}
