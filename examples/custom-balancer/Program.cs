// A balancing algorithm of your own: connections stay in one zone, unless its servers have much more to do than those elsewhere.
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp;
using Linkerd.Tcp.Balancing;

TcpListener[] here = [Listen(), Listen()], there = [Listen(), Listen()];
var zoneOf = here.Select(server => (server.LocalEndpoint, Zone: "a")).Concat(there.Select(server => (server.LocalEndpoint, Zone: "b"))).ToDictionary();

await using var registry = new DestinationRegistry(_ => new DestinationOptions
{
    Resolver = new StaticResolver(zoneOf.Keys),
    BalancingPolicy = new ZonePolicy(address => zoneOf[address] == "a", spill: 10),
});
var destination = registry.Get(DstPath.Parse("/svc/web"));

var few = await ConnectAsync("16 connections", 16);
var more = await ConnectAsync("64 connections", 64);
Array.ForEach(here, server => server.Stop());
var failed = await ConnectAsync("zone a is down", 16);
return few is (16, 0) && more is (42, 22) && failed is (0, 16) ? 0 : 1;

// Opens connections, which stay open, and counts those of each zone.
async Task<(long Here, long There)> ConnectAsync(string when, int count)
{
    var streams = new List<Stream>();
    for (var i = 0; i < count; i++)
    {
        streams.Add(await destination.ConnectStreamAsync());
    }

    var byZone = destination.Snapshot().Endpoints.ToLookup(endpoint => zoneOf[endpoint.Address], endpoint => endpoint.Open);
    Console.WriteLine($"{when,-15} a: {string.Join(" + ", byZone["a"]),-7}  b: {string.Join(" + ", byZone["b"])}");
    streams.ForEach(stream => stream.Dispose());
    return (byZone["a"].Sum(), byZone["b"].Sum());
}

static TcpListener Listen()
{
    var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return listener;
}

// Picks the endpoint with the least load per weight. One elsewhere counts as if it had some connections more.
internal sealed class ZonePolicy(Predicate<EndPoint> isHere, int spill) : ILoadBalancingPolicy
{
    // Called when the set of endpoints has changed, not for each connection.
    public IEndpointPicker CreatePicker(ImmutableArray<PickCandidate> candidates, IEndpointPicker? previous) =>
        new Picker(candidates, [.. candidates.Select(candidate => isHere(candidate.Endpoint.Address) ? 0 : spill)]);

    private sealed class Picker(ImmutableArray<PickCandidate> candidates, ImmutableArray<int> handicaps) : IEndpointPicker
    {
        // Called for each connection, by several threads at once: it neither blocks nor allocates.
        public int Pick(in PickContext context)
        {
            var (best, least) = (-1, double.PositiveInfinity);
            for (var i = 0; i < candidates.Length; i++)
            {
                // 0 for an endpoint that is ejected, draining, full, or was tried for this connection before.
                var weight = candidates[i].EffectiveWeight(in context);
                var load = (candidates[i].Load + 1 + handicaps[i]) / weight;
                if (weight > 0 && load < least)
                {
                    (best, least) = (i, load);
                }
            }

            return best;
        }
    }
}
