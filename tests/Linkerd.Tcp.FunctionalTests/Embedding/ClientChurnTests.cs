using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// Many connections of an HttpClient (<c>Connection: close</c>) while servers are killed, drained and added: 2,000, or as many as <c>LINKERD_TCP_CLIENT_CONNECTIONS</c> says.
/// </summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
[Trait("Category", "AnyTransport")]
public sealed class ClientChurnTests
{
    private const int Workers = 16;
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"u8.ToArray();

    private static int Connections =>
        int.TryParse(Environment.GetEnvironmentVariable("LINKERD_TCP_CLIENT_CONNECTIONS"), CultureInfo.InvariantCulture, out var count) ? count : 2_000;

    [Fact]
    public async Task Requests_ServersAreKilledDrainedAndAdded_NoConnectFails()
    {
        var servers = Enumerable.Range(0, 4).Select(static _ => new TcpBackend(ServeAsync)).ToList();
        try
        {
            await using var balanced = await BalancedServers.StartAsync(servers.Select(static server => server.EndPoint));
            using var http = Client(balanced.Destination);
            var (sent, failed, cut) = (0, 0, 0);
            var dead = new List<IPEndPoint>();
            var (killed, drained, added) = (0, 0, 0);

            async Task WorkAsync()
            {
                while (Interlocked.Increment(ref sent) <= Connections)
                {
                    try
                    {
                        Assert.Equal("ok", await http.GetStringAsync(new Uri("http://web/"), TestContext.Current.CancellationToken));
                    }
                    catch (HttpRequestException error) when (error.InnerException is ConnectException cause)
                    {
                        Interlocked.Increment(ref failed);
                        TestContext.Current.TestOutputHelper?.WriteLine(cause.Message);
                    }
                    catch (HttpRequestException)
                    {
                        // Its server was killed after the connect.
                        Interlocked.Increment(ref cut);
                    }
                }
            }

            async Task ReachAsync(int count) => await Eventually.IsTrueAsync(() => Volatile.Read(ref sent) >= count, () => $"only {Volatile.Read(ref sent)} requests were sent");

            var working = Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync, TestContext.Current.CancellationToken)));
            var steps = Connections / 50;
            for (var step = 1; step < steps && !working.IsCompleted; step++)
            {
                await ReachAsync(step * Connections / steps);
                switch (step % 4)
                {
                    case 0:
                        // It stays in the set for a while, as discovery learns of it late.
                        dead.Add(servers[0].EndPoint);
                        await servers[0].DisposeAsync();
                        servers.RemoveAt(0);
                        killed++;
                        break;
                    case 1:
                        balanced.Destination.FindEndpoint(servers[0].EndPoint)!.Drain();
                        drained++;
                        break;
                    case 2:
                        servers.Add(new TcpBackend(ServeAsync));
                        balanced.Set(EndpointSet.Create([.. dead.TakeLast(2), .. servers.Select(static server => server.EndPoint)]));
                        added++;
                        break;
                    default:
                        balanced.Destination.FindEndpoint(servers[0].EndPoint)?.Undrain();
                        break;
                }
            }

            await working.WaitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
            TestContext.Current.TestOutputHelper?.WriteLine($"{Connections} connections, {killed} servers killed, {drained} drained, {added} added: {failed} connects failed, {cut} requests cut by a kill");
            Assert.True(killed > 5 && drained > 5 && added > 5);
            Assert.Equal(0, failed);
            Assert.InRange(cut, 0, killed * Workers);
            await balanced.WaitUnusedAsync();
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Requests_SteadyState_AreSharedByWeightWithinTwoPercent()
    {
        var servers = Enumerable.Range(0, 4).Select(static _ => new TcpBackend(ServeAsync)).ToList();
        await using var balanced = await BalancedServers.StartAsync();
        balanced.Set(EndpointSet.Create([.. servers.Select(static (server, i) => new WeightedAddress(server.EndPoint, i + 1))]));
        await Eventually.IsTrueAsync(() => balanced.Destination.Balancer.Endpoints.Count == 4, () => "the servers are not known");
        using var http = Client(balanced.Destination);
        var sent = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(
            async () =>
            {
                while (Interlocked.Increment(ref sent) <= Connections)
                {
                    await http.GetStringAsync(new Uri("http://web/"), TestContext.Current.CancellationToken);
                }
            },
            TestContext.Current.CancellationToken))).WaitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
        Assert.Equal(Connections, servers.Sum(static server => server.Accepted));
        var shares = servers.Select(static server => server.Accepted / (double)Connections).ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(' ', shares.Select(static share => share.ToString("0.000", CultureInfo.InvariantCulture))));
        Assert.All(shares, static (share, i) => Assert.InRange(share, ((i + 1) / 10.0) - 0.02, ((i + 1) / 10.0) + 0.02));
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    private static HttpClient Client(Destination destination)
    {
        var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = destination.ToConnectCallback() });
        http.DefaultRequestHeaders.ConnectionClose = true;
        return http;
    }

    private static async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (!buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(length));
            if (count == 0)
            {
                return;
            }

            length += count;
        }

        await socket.SendAllAsync(Answer);
    }
}
