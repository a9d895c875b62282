// A web application with one endpoint more: connections to it are not HTTP, and go to one of several database servers.
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

TcpListener[] servers = [Serve("db-1"), Serve("db-2")];

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Error);
builder.Services.AddTcpDestination("db", string.Join(',', servers.Select(server => server.LocalEndpoint)));
builder.Services.AddHealthChecks().AddTcpDestination("db");
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, 0);                                                    // HTTP
    kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseTcpDestination("db"));      // anything over TCP
});

await using var app = builder.Build();
app.MapGet("/", () => "hello");
app.MapHealthChecks("/health");
await app.StartAsync();

// The addresses are in the order of the endpoints.
var (web, db) = (new Uri(app.Urls.First()), new Uri(app.Urls.Last()));
using var http = new HttpClient { BaseAddress = web };
Console.WriteLine($"GET /        {await http.GetStringAsync("/")}");
Console.WriteLine($"GET /health  {await http.GetStringAsync("/health")}");
var both = await ConnectAsync();

servers[0].Stop();
var one = await ConnectAsync();
var health = await http.GetStringAsync("/health");
Console.WriteLine($"GET /health  {health}: db-1 is left alone for a while");

await app.StopAsync();
return both.Count == 2 && one is [("db-2", 100)] && health == "Degraded" ? 0 : 1;

// Connects many times, and counts who answered.
async Task<List<(string Server, int Count)>> ConnectAsync()
{
    var answers = new List<string>();
    for (var i = 0; i < 100; i++)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(db.Host, db.Port);
        using var reader = new StreamReader(client.GetStream());
        answers.Add(await reader.ReadToEndAsync());
    }

    var counts = answers.CountBy(answer => answer).Select(pair => (pair.Key, pair.Value)).Order().ToList();
    Console.WriteLine($"TCP          {string.Join(", ", counts.Select(pair => $"{pair.Key} {pair.Value}"))}");
    return counts;
}

// A server that says its name to each client.
static TcpListener Serve(string name)
{
    var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    _ = AcceptAsync();
    return listener;

    async Task AcceptAsync()
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(name));
        }
    }
}
