using System.Runtime.ExceptionServices;
using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing;

/// <summary>A balancer of any algorithm: splits, tiers and last resorts around one distributor per group.</summary>
internal sealed class LoadBalancer : ILoadBalancer
{
    private readonly Lock _lock = new();
    private DistributorFactory _factory;
    private readonly EndpointPolicy _policy;
    private readonly EndpointTable _table;
    private EndpointSet _set = EndpointSet.Empty;

    // Picks take the whole state with one read, and go on with an old one while an update runs.
    private volatile DistributorTree _tree = DistributorTree.Empty;

    /// <param name="factory">Creates the distributor of each group.</param>
    /// <param name="options">The options, a validated copy.</param>
    public LoadBalancer(DistributorFactory factory, BalancerOptions options)
    {
        _factory = factory;
        _policy = new EndpointPolicy(options, NotifyChanged, () => _ = Rebuild(null));
        _table = new EndpointTable(_policy);
    }

    public event Action? Changed;

    public IReadOnlyList<ServerEndpoint> Endpoints => _tree.Endpoints;

    public void Update(EndpointSet endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        Rethrow(Rebuild(endpoints));
    }

    /// <summary>Gets the clock, which stays: the endpoints keep timestamps of it.</summary>
    public TimeProvider TimeProvider => _policy.TimeProvider;

    /// <summary>Gets a value that indicates whether an operator's order for an endpoint is still in force, also if discovery has removed the endpoint.</summary>
    public bool IsOverridden
    {
        get
        {
            lock (_lock)
            {
                return _table.All.Any(static endpoint => endpoint.IsOverridden);
            }
        }
    }

    /// <summary>Takes another algorithm or other options. The endpoints keep their state; an algorithm's own state stays if the algorithm does.</summary>
    /// <param name="factory">Creates the distributor of each group.</param>
    /// <param name="options">The options, a validated copy, with the same clock.</param>
    public void Configure(DistributorFactory factory, BalancerOptions options)
    {
        lock (_lock)
        {
            _factory = factory;
            _policy.Configure(options);
            foreach (var endpoint in _table.All)
            {
                endpoint.Health.OnOptionsChanged(endpoint);
            }
        }

        Rethrow(Rebuild(null));
    }

    public PickResult Pick(in PickContext context, out EndpointLease lease)
    {
        var root = _tree.Root;
        if (root is null)
        {
            lease = default;
            return PickResult.Empty;
        }

        var slots = LeaseSlots.OfThread;
        PickState scope = default;
        scope.Begin(in context, _policy, slots);
        var endpoint = root.Choose(ref scope) ?? DrawEjected(root, ref scope);
        if (endpoint is null)
        {
            lease = default;
            return scope.AtLimit ? PickResult.AtLimit : PickResult.Unavailable;
        }

        EndpointLease.Make(endpoint, scope.Branch, scope.Kind, slots, out lease);
        return PickResult.Picked;
    }

    /// <summary>Leases an endpoint of this balancer, if it can take the session.</summary>
    public bool TryLease(in PickContext context, ServerEndpoint endpoint, out EndpointLease lease)
    {
        if (endpoint.Policy != _policy)
        {
            throw new ArgumentException($"An endpoint of this pool was expected; {endpoint.Address} is of another.", nameof(endpoint));
        }

        var slots = LeaseSlots.OfThread;
        PickState scope = default;
        scope.Begin(in context, _policy, slots);
        if (endpoint.LeftAt != 0 || endpoint.Admit(ref scope) <= 0 || !endpoint.TryTake(ref scope))
        {
            lease = default;
            return false;
        }

        EndpointLease.Make(endpoint, null, scope.Kind, slots, out lease);
        return true;
    }

    // Those that are ejected are tried if there is no other at all; if the others are merely full, a place among them is worth waiting for.
    private static ServerEndpoint? DrawEjected(Distributor root, ref PickState scope)
    {
        if (scope.AtLimit)
        {
            return null;
        }

        scope.IsPanic = true;
        return root.Choose(ref scope);
    }

    /// <summary>Takes a set, or the same one again.</summary>
    /// <returns>The exception that a policy threw meanwhile; the set is taken all the same.</returns>
    private Exception? Rebuild(EndpointSet? endpoints)
    {
        Exception? error;
        lock (_lock)
        {
            if (endpoints is not null && endpoints.Equals(_set) && _tree.Error is null)
            {
                return null;
            }

            _set = endpoints ?? _set;
            var old = _tree;
            _tree = old.Next(_set, _table, _factory);
            old.Retire();
            error = _tree.Error;
            _policy.Members = _tree.Endpoints;
        }

        // An only endpoint is not spared.
        if (_policy.Members is [var only] && only.Breaker != BreakerState.Closed)
        {
            only.Reset();
        }

        NotifyChanged();
        return error;
    }

    private static void Rethrow(Exception? error)
    {
        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    // Raised when loads are given back and connects end. The exception of one handler must affect neither the others nor the session that brought the change.
    private void NotifyChanged()
    {
        foreach (var handler in Delegate.EnumerateInvocationList(Changed))
        {
            try
            {
                handler();
            }
            catch (Exception error)
            {
                _policy.Observer?.OnHandlerThrew(error);
            }
        }
    }
}
