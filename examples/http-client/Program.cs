// An HttpClient whose connections are balanced over several servers. One of them stops, and no request fails.
using System.Collections.Concurrent;
using System.Net;
using Linkerd.Tcp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

WebApplication[] servers = [await StartAsync("red"), await StartAsync("green"), await StartAsync("blue")];

// The connections of the handler are those of a destination: picked, tried again elsewhere if they fail, counted.
await using var registry = new DestinationRegistry(new StaticResolver(servers.Select(EndPointOf)));
var shop = registry.Get(DstPath.Parse("/svc/shop"));
using var handler = new SocketsHttpHandler
{
    ConnectCallback = shop.ToConnectCallback(),

    // Connections are balanced, not requests: a client that connects again from time to time finds servers that are new, or back. Use some minutes.
    PooledConnectionLifetime = TimeSpan.FromMilliseconds(20),
};
using var http = new HttpClient(handler) { BaseAddress = new Uri("http://shop.example") };

var failures = 0;
await AskAsync("all serve");

// The resolver does not know that red stops: connects to it fail from now on.
var stopping = servers[0].StopAsync();
await AskAsync("red stops");
await stopping;
var last = await AskAsync("red is gone");

Console.WriteLine($"{failures} requests failed; connects that failed, and were made elsewhere: {shop.Snapshot().Endpoints.Sum(endpoint => endpoint.ConnectFailures)}");
foreach (var server in servers)
{
    await server.DisposeAsync();
}

return failures == 0 && !last.ContainsKey("red") ? 0 : 1;

// Sends requests, 8 at a time, and counts who answered.
async Task<ConcurrentDictionary<string, int>> AskAsync(string when)
{
    var answers = new ConcurrentDictionary<string, int>();
    await Parallel.ForAsync(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancellationToken) =>
    {
        try
        {
            answers.AddOrUpdate(await http.GetStringAsync("/", cancellationToken), 1, (_, count) => count + 1);
        }
        catch (HttpRequestException error)
        {
            Interlocked.Increment(ref failures);
            Console.WriteLine(error.Message);
        }
    });
    Console.WriteLine($"{when,-13}" + string.Join("  ", new[] { "red", "green", "blue" }.Select(name => $"{name} {answers.GetValueOrDefault(name),4}")));
    return answers;
}

static IPEndPoint EndPointOf(WebApplication server) => new(IPAddress.Loopback, new Uri(server.Urls.Single()).Port);

// A web server that answers with its name.
static async Task<WebApplication> StartAsync(string name)
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
    var server = builder.Build();
    server.MapGet("/", () => name);
    await server.StartAsync();
    return server;
}
