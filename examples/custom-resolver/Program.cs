// A resolver of your own: endpoints come from a service catalogue over HTTP, which is polled. The destination follows every change.
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Linkerd.Tcp;
using Linkerd.Tcp.Resolving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

// The catalogue: the servers of each service.
var services = new ConcurrentDictionary<string, Entry[]>();
await using var catalogue = await StartCatalogueAsync();
using var http = new HttpClient { BaseAddress = new Uri(catalogue.Urls.Single()) };

await using var registry = new DestinationRegistry(new CatalogueResolver(http, TimeSpan.FromMilliseconds(100)));
var web = registry.Get(DstPath.Parse("/svc/web"));

var (one, two, three) = (Serve("one"), Serve("two"), Serve("three"));
services["web"] = [new("127.0.0.1", one)];
var first = await AskAsync("one is listed");

services["web"] = [new("127.0.0.1", two), new("127.0.0.1", three, Weight: 3)];
await UntilAsync(() => web.Snapshot().Endpoints.Length == 2);
var second = await AskAsync("two and three are listed, with weights 1 and 3");

// A lookup that fails is not the end of the endpoints.
await catalogue.StopAsync();
await UntilAsync(() => web.Resolution is Resolution.Failed);
var third = await AskAsync("the catalogue is down, the endpoints are kept");
return first is (100, 0, 0) && second is (0, > 10, > 55) && third is (0, > 10, > 55) ? 0 : 1;

async Task<(int One, int Two, int Three)> AskAsync(string when)
{
    var answers = new List<string>();
    for (var i = 0; i < 100; i++)
    {
        await using var stream = await web.ConnectStreamAsync();
        answers.Add(await new StreamReader(stream).ReadToEndAsync());
    }

    Console.WriteLine($"{when + ":",-48}{string.Join(", ", answers.CountBy(answer => answer).Select(pair => $"{pair.Key} {pair.Value}").Order())}");
    return (answers.Count(answer => answer == "one"), answers.Count(answer => answer == "two"), answers.Count(answer => answer == "three"));
}

static async Task UntilAsync(Func<bool> condition)
{
    while (!condition())
    {
        await Task.Delay(10);
    }
}

async Task<WebApplication> StartCatalogueAsync()
{
    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
    var app = builder.Build();
    app.MapGet("/services/{name}", (string name) => services.TryGetValue(name, out var entries) ? Results.Json(entries) : Results.NotFound());
    await app.StartAsync();
    return app;
}

// A server that says its name to each client.
static int Serve(string name)
{
    var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    _ = AcceptAsync();
    return ((IPEndPoint)listener.LocalEndpoint).Port;

    async Task AcceptAsync()
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(name));
        }
    }
}

internal sealed record Entry(string Address, int Port, double Weight = 1);

internal sealed class CatalogueResolver(HttpClient http, TimeSpan interval) : IResolver
{
    // Yields the current state of a name, and then every change, until cancelled. A state that is the same as the one before has no effect.
    public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var timer = new PeriodicTimer(interval);
        do
        {
            yield return await LookUpAsync(name, cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task<Resolution> LookUpAsync(DstPath name, CancellationToken cancellationToken)
    {
        try
        {
            // name[1] is "web" in /svc/web.
            using var response = await http.GetAsync($"services/{name[1]}", cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return Resolution.Negative.Instance;
            }

            var entries = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Entry[]>(cancellationToken);
            return new Resolution.Bound(EndpointSet.Create(entries!.Select(entry => new WeightedAddress(IPEndPoint.Parse($"{entry.Address}:{entry.Port}"), entry.Weight))));
        }
        catch (HttpRequestException error)
        {
            return new Resolution.Failed(error.Message);
        }
    }
}
