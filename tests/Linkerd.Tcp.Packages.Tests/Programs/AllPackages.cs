// Uses every package. A test builds it with package references alone, publishes it as a native executable, and checks the lines that it prints.
using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp;
using Linkerd.Tcp.Dns;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

using var server = new TcpListener(IPAddress.Loopback, 0);
server.Start();
var serving = ServeAsync(server);
var address = (IPEndPoint)server.LocalEndpoint;
var name = DstPath.Parse("/svc/web");

// Core: a proxy.
await using (var registry = new DestinationRegistry(new StaticResolver(address)))
await using (var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), name)] }, registry))
{
    await proxy.StartAsync(CancellationToken.None);
    using var http = new HttpClient { BaseAddress = new Uri($"http://{proxy.LocalEndPoints[0]}") };
    Console.WriteLine($"Core: {await http.GetStringAsync("/")}");
}

// Naming and Dns: names by a dtab.
await ShowAsync("Naming", new LocalInterpreter(new LocalInterpreterOptions { Dtab = Dtab.Parse($"/svc/web => /$/inet/127.0.0.1/{address.Port}") }));
await ShowAsync("Dns", new LocalInterpreter(new LocalInterpreterOptions { Dtab = Dtab.Parse($"/svc/web => /#/io.l5d.dns/localhost/{address.Port}"), Namers = [new DnsNamer()] }));

// Namerd and Namerd.Mesh: nothing listens there.
await using (var namerd = new NamerdResolver(new NamerdOptions { BaseAddresses = [NamerdAddress.Parse("127.0.0.1:1")] }))
{
    Console.WriteLine($"Namerd: {await FailureAsync(namerd)}");
}

await using (var mesh = new MeshResolver(new MeshOptions { Addresses = [MeshAddress.Parse("mesh://127.0.0.1:1")] }))
{
    Console.WriteLine($"Namerd.Mesh: {await FailureAsync(mesh)}");
}

// Hosting: a proxy, and an HttpClient in front of it. Hosting.Namerd: a destination without its control plane.
var services = new ServiceCollection();
services.AddLogging();
services.AddTcpProxy("web", proxy => proxy.Routers =
[
    new RouterConfiguration { Servers = [new ServerConfiguration { Ip = IPAddress.Loopback, Port = 0, DstName = NameTree.Parse($"/$/inet/127.0.0.1/{address.Port}") }] },
]);
services.AddHealthChecks().AddTcpProxy("web");
services.AddTcpDestination("away", "/svc/web", destination =>
{
    destination.Interpreter = new NamerdConfiguration { BaseAddresses = [new Uri("http://127.0.0.1:1")] };
    destination.Client.Global.EstablishTimeout = TimeSpan.FromSeconds(1);
}).AddNamerd();
await using (var container = services.BuildServiceProvider())
{
    foreach (var service in container.GetServices<IHostedService>())
    {
        await service.StartAsync(default);
    }

    var proxy = container.GetRequiredKeyedService<ProxyHost>("web");
    using var http = new HttpClient { BaseAddress = new Uri($"http://{proxy.LocalEndPoints[0]}") };
    var text = await http.GetStringAsync("/");
    var health = await container.GetRequiredService<HealthCheckService>().CheckHealthAsync();
    Console.WriteLine($"Hosting: {text}, {health.Status}");
    try
    {
        await container.GetRequiredKeyedService<Destination>("away").ConnectAsync();
    }
    catch (ConnectException error)
    {
        Console.WriteLine($"Hosting.Namerd: {error.Message}");
    }
}

// Testing: a hundred connections while one of three servers is down.
Simulation.Run(async simulation =>
{
    var servers = simulation.AddServers(3);
    await using var registry = simulation.CreateRegistry(simulation.AddHost("client"), servers);
    servers[0].Stop();
    for (var i = 0; i < 100; i++)
    {
        await using var connection = await registry.Get(name).ConnectAsync();
        await simulation.DelayAsync(TimeSpan.FromMilliseconds(100));
    }

    Console.WriteLine($"Testing: {string.Join(", ", servers.Select(server => server.Accepted))}");
});

server.Stop();
await serving;

async Task ShowAsync(string package, IResolver resolver)
{
    await using var registry = new DestinationRegistry(resolver);
    using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = registry.Get(name).ToConnectCallback() });
    Console.WriteLine($"{package}: {await http.GetStringAsync("http://web/")}");
}

async Task<string> FailureAsync(IResolver resolver)
{
    await foreach (var resolution in resolver.WatchAsync(name))
    {
        if (resolution is Resolution.Failed failed)
        {
            return failed.Error;
        }
    }

    return "the watch ended";
}

static async Task ServeAsync(TcpListener listener)
{
    try
    {
        while (true)
        {
            using var client = await listener.AcceptSocketAsync();
            await client.ReceiveAsync(new byte[4096]);
            await client.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"));
        }
    }
    catch (SocketException)
    {
        // It was stopped.
    }
}
