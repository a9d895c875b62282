namespace Linkerd.Tcp;

/// <summary>A balancer of any algorithm: splits, tiers and last resorts around one distributor per group.</summary>
internal sealed class LoadBalancer(DistributorFactory factory, IRandomSource random) : ILoadBalancer
{
    private readonly Lock _lock = new();
    private readonly EndpointTable _table = new();
    private EndpointSet _set = EndpointSet.Empty;

    // Picks take the whole state with one read, and go on with an old one while an update runs.
    private volatile DistributorTree _tree = DistributorTree.Empty;

    public event Action? Changed;

    public IReadOnlyList<Endpoint> Endpoints => _tree.Endpoints;

    public void Update(EndpointSet endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        lock (_lock)
        {
            if (endpoints.Equals(_set))
            {
                return;
            }

            _tree = _tree.Next(endpoints, _table, factory);
            _set = endpoints;
        }

        Changed?.Invoke();
    }

    public PickResult Pick(in PickContext context, out EndpointLease lease)
    {
        var root = _tree.Root;
        if (root is null)
        {
            lease = default;
            return PickResult.Empty;
        }

        var endpoint = root.Draw(in context, random);
        if (endpoint is null)
        {
            lease = default;
            return PickResult.Unavailable;
        }

        endpoint.Acquire();
        lease = new EndpointLease(endpoint);
        return PickResult.Picked;
    }
}
