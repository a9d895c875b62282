using System.Net;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// The endpoints of a balancer by address, so that one address is one <see cref="ServerEndpoint"/> over groups and updates.
/// Those that discovery removed are remembered while a lease of them is held, or an operator's order: one that comes back finds its load, and obeys.
/// Under the balancer's lock.
/// </summary>
internal sealed class EndpointTable(EndpointPolicy policy)
{
    private readonly Dictionary<EndPoint, ServerEndpoint> _byAddress = [];
    private readonly List<ServerEndpoint> _joined = [];
    private readonly Dictionary<string, EndpointHost> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private int _generation;
    private int _groups;

    /// <summary>True if the update has named an endpoint that has branches, or is to have some.</summary>
    public bool HasBranches { get; private set; }

    /// <summary>Gets the endpoints of the current set, and those that are remembered.</summary>
    public IEnumerable<ServerEndpoint> All => _byAddress.Values;

    /// <summary>Starts an update: endpoints that it does not name have left by its end.</summary>
    public void Begin()
    {
        _generation++;
        HasBranches = false;
    }

    /// <summary>Gets a number for a group that is new, from 1.</summary>
    public int NumberGroup() => ++_groups;

    /// <summary>Gets the endpoint of an address.</summary>
    /// <param name="item">The address, and its weight in the group at hand.</param>
    /// <param name="group">The group at hand: its place in the set, its tier, and the number that it keeps over updates.</param>
    /// <param name="current">The endpoints that the update has named so far; the endpoint is added if it is new there.</param>
    /// <param name="weight">The weight that counts: an operator's, or discovery's.</param>
    public ServerEndpoint Name(WeightedAddress item, (int Place, int Tier, int Number) group, List<ServerEndpoint> current, out double weight)
    {
        if (!_byAddress.TryGetValue(item.Address, out var endpoint))
        {
            endpoint = new ServerEndpoint(item.Address, policy);
            _byAddress.Add(item.Address, endpoint);
        }

        weight = endpoint.WeightOverride ?? item.EffectiveWeight;
        var isFirst = endpoint.Groups.Generation != _generation;
        HasBranches |= endpoint.Groups.NameIn(group.Number, isFirst);
        if (isFirst)
        {
            if (endpoint.Groups.Generation != _generation - 1)
            {
                _joined.Add(endpoint);
            }

            endpoint.Groups.Generation = _generation;
            endpoint.Weight = weight;
            endpoint.Metadata = item.Metadata;
            endpoint.Host = item.Metadata?.Host is { } host ? HostOf(host) : null;
            endpoint.Host?.Name(endpoint);
            endpoint.OnJoined(group.Place, group.Tier);
            current.Add(endpoint);
        }

        return endpoint;
    }

    /// <summary>Ends an update: removes the endpoints that it did not name and of which no lease is held, and lets those that are new start slowly.</summary>
    /// <param name="current">The number of endpoints that it named.</param>
    public void End(int current)
    {
        // If most of the set is new there is no other to take their share.
        if (_joined.Count * 2 <= current)
        {
            var now = policy.Now;
            foreach (var endpoint in _joined)
            {
                endpoint.StartRamp(now);
            }
        }

        _joined.Clear();
        foreach (var (name, host) in _hosts)
        {
            if (!host.TakeNamed())
            {
                _hosts.Remove(name);
            }
        }

        if (_byAddress.Count == current)
        {
            return;
        }

        // A dictionary may be removed from while it is enumerated.
        foreach (var (address, endpoint) in _byAddress)
        {
            if (endpoint.Groups.Generation == _generation)
            {
                continue;
            }

            endpoint.OnLeft();
            if (endpoint.Load == 0 && !endpoint.HasOrders)
            {
                _byAddress.Remove(address);
            }
        }
    }

    private EndpointHost HostOf(string name)
    {
        if (!_hosts.TryGetValue(name, out var host))
        {
            _hosts.Add(name, host = new EndpointHost(policy));
        }

        return host;
    }
}
