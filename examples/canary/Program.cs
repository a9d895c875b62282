// A canary: a new version gets a tenth of the connections, then half of them, while clients go on.
using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp;
using Linkerd.Tcp.Resolving;

const int Connections = 1000;
TcpListener[] stable = [Serve("stable"), Serve("stable"), Serve("stable")];
var canary = Serve("canary");

// Two groups of endpoints, each with a weight: the share of a group does not depend on the number of its servers.
var resolver = new StaticResolver(Split(stableWeight: 9, canaryWeight: 1));
await using var registry = new DestinationRegistry(resolver);
var options = new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] };
await using var proxy = new TcpProxy(options, registry);
await proxy.StartAsync();

var tenth = await MeasureAsync("9 : 1");

// The update applies to the connections that begin from now on.
resolver.Update(Split(stableWeight: 1, canaryWeight: 1));
var half = await MeasureAsync("1 : 1");

// A canary that dies takes no client with it: a connect that fails is tried again elsewhere.
canary.Stop();
var none = await MeasureAsync("1 : 1, canary stopped");

return tenth is > 0.05 and < 0.15 && half is > 0.4 and < 0.6 && none == 0 ? 0 : 1;

EndpointSet Split(double stableWeight, double canaryWeight) => new(
    new EndpointGroup(stable.Select(server => new WeightedAddress(server.LocalEndpoint)), stableWeight),
    new EndpointGroup([new WeightedAddress(canary.LocalEndpoint)], canaryWeight));

// Connects many times, and returns the share of the canary.
async Task<double> MeasureAsync(string weights)
{
    var answers = new List<string>();
    for (var i = 0; i < Connections; i++)
    {
        answers.Add(await AskAsync((IPEndPoint)proxy.LocalEndPoints[0]));
    }

    var share = answers.Count(answer => answer == "canary") / (double)Connections;
    Console.WriteLine($"{weights,-22} stable {answers.Count(answer => answer == "stable"),4}  canary {share * Connections,4}  ({share:P1})");
    return share;
}

static async Task<string> AskAsync(IPEndPoint address)
{
    using var client = new TcpClient();
    await client.ConnectAsync(address);
    using var reader = new StreamReader(client.GetStream());
    return await reader.ReadToEndAsync();
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
