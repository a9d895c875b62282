using System.Net;
using System.Text;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>
/// A network in memory: hosts, the endpoints they listen on, and the links between them, all on one scheduler and all from one seed.
/// Faults are scripted at <see cref="Endpoint"/> (connecting), at <see cref="SimulatedLink"/> (an established connection) and at
/// <see cref="SimulatedHost"/> (the resources of one host).
/// </summary>
internal sealed class SimulatedNetwork
{
    private readonly Dictionary<EndPoint, SimulatedEndpoint> _endpoints = [];
    private readonly List<SimulatedLink> _links = [];
    private int _hosts;
    private int _established;

    public SimulatedNetwork(SimulatedScheduler scheduler, Random random)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(random);
        Scheduler = scheduler;
        Random = random;
        scheduler.DescribeWith(Describe);
    }

    public SimulatedScheduler Scheduler { get; }

    public Random Random { get; }

    /// <summary>Gets or sets the path of connections to endpoints that have none of their own.</summary>
    public SimulatedLinkOptions DefaultLink { get; set; } = new();

    /// <summary>Gets or sets the most by which timers of connections are late, at random. Default: 0; the contract allows 100 ms.</summary>
    public TimeSpan TimerSlack { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether handlers of connections and timers may throw. The simulation then resets the connection, as an engine does. Default: false, so that
    /// an exception fails the run.
    /// </summary>
    public bool HandlersMayThrow { get; set; }

    /// <summary>Gets or sets a value that indicates whether memory that a receive has handed out is overwritten when its step ends, so that code that keeps it too long fails. Default: true.</summary>
    public bool PoisonsAtOnce { get; set; } = true;

    /// <summary>Gets the connections that were established so far, in order, if they are kept.</summary>
    public IReadOnlyList<SimulatedLink> Links => _links;

    /// <summary>Gets or sets a value that indicates whether connections are kept in <see cref="Links"/>. Default: true.</summary>
    public bool KeepsLinks { get; set; } = true;

    /// <summary>Adds a host: a transport of its own address, descriptors and ports.</summary>
    public SimulatedHost AddHost(string name)
    {
        _hosts++;
        return AddHost(name, new IPAddress([10, 0, (byte)(_hosts >> 8), (byte)_hosts]));
    }

    /// <summary>Adds a host with a given address.</summary>
    public SimulatedHost AddHost(string name, IPAddress address) => new(this, name, address);

    /// <summary>Gets the script of an address. An address without a listener refuses.</summary>
    public SimulatedEndpoint Endpoint(EndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!_endpoints.TryGetValue(address, out var endpoint))
        {
            endpoint = new SimulatedEndpoint();
            _endpoints.Add(address, endpoint);
        }

        return endpoint;
    }

    internal static int DrawSize(Random random, int most)
    {
        // Half the time as much as there is, otherwise any order of magnitude: single bytes matter as much as whole buffers.
        return random.NextDouble() < 0.5 ? most : (int)Math.Clamp(Math.Exp(random.NextDouble() * Math.Log(most + 1)), 1, most);
    }

    internal int DrawSize(int most, SimulatedLinkOptions options) => options.Splits && most > 1 ? DrawSize(Random, most) : most;

    internal bool DrawCoin(SimulatedLinkOptions options) => options.Splits && Random.NextDouble() < 0.5;

    internal SimulatedListener? FindListener(EndPoint address)
    {
        if (_endpoints.TryGetValue(address, out var exact) && exact.Listener is { } listener)
        {
            return listener;
        }

        if (address is IPEndPoint ip)
        {
            var any = new IPEndPoint(ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, ip.Port);
            return _endpoints.TryGetValue(any, out var wildcard) ? wildcard.Listener : null;
        }

        return null;
    }

    internal SimulatedLink AddLink(EndPoint from, EndPoint to, SimulatedLinkOptions options)
    {
        var link = new SimulatedLink(this, _established++, from, to, options);
        Endpoint(to).Add(link);
        if (KeepsLinks)
        {
            _links.Add(link);
        }

        return link;
    }

    internal static SimulatedConnection Accepted(SimulatedHost host, SimulatedSocket socket, TcpOptions tcp)
    {
        var link = socket.Link!;
        link.Server = new SimulatedConnection(host, link, socket, tcp, link.To, link.From);
        return link.Server;
    }

    private string Describe()
    {
        var text = new StringBuilder("Links that are still open:");
        foreach (var link in _endpoints.Values.SelectMany(static endpoint => endpoint.OpenLinks).Take(20))
        {
            text.AppendLine().Append(link);
        }

        return text.ToString();
    }
}
