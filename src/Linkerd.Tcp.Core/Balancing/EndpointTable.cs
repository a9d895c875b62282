using System.Net;

namespace Linkerd.Tcp;

/// <summary>
/// The endpoints of a balancer by address, so that one address is one <see cref="Endpoint"/> over groups and updates.
/// Those that discovery removed are remembered while a lease of them is held: one that comes back finds its load. Under the balancer's lock.
/// </summary>
internal sealed class EndpointTable
{
    private readonly Dictionary<EndPoint, Endpoint> _byAddress = [];
    private int _generation;

    /// <summary>Starts an update: what it does not name has left by its end.</summary>
    public void Begin() => _generation++;

    /// <summary>The endpoint of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="weight">Its weight in the group at hand.</param>
    /// <param name="current">What the update named so far; the endpoint is added where it is new there.</param>
    public Endpoint Name(EndPoint address, double weight, List<Endpoint> current)
    {
        if (!_byAddress.TryGetValue(address, out var endpoint))
        {
            endpoint = new Endpoint(address);
            _byAddress.Add(address, endpoint);
        }

        if (endpoint.Generation != _generation)
        {
            endpoint.Generation = _generation;
            endpoint.Weight = weight;
            current.Add(endpoint);
        }

        return endpoint;
    }

    /// <summary>Ends an update: forgets the endpoints that it did not name and nobody holds.</summary>
    /// <param name="current">How many it named.</param>
    public void End(int current)
    {
        if (_byAddress.Count == current)
        {
            return;
        }

        // A dictionary may be removed from while it is enumerated.
        foreach (var (address, endpoint) in _byAddress)
        {
            if (endpoint.Generation != _generation && endpoint.Load == 0)
            {
                _byAddress.Remove(address);
            }
        }
    }
}
