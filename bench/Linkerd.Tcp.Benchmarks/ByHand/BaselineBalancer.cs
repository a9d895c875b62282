using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>What a simple balancer needs beside its rule; the lease costs it the same as ours.</summary>
internal abstract class BaselineBalancer : ILoadBalancer
{
    private static readonly EndpointPolicy Policy = new(new BalancerOptions(), static () => { }, static () => { });

    public event Action? Changed;

    public IReadOnlyList<ServerEndpoint> Endpoints => Targets;

    protected ServerEndpoint[] Targets { get; private set; } = [];

    protected double[] Weights { get; private set; } = [];

    public void Update(EndpointSet endpoints)
    {
        var all = endpoints.Groups.SelectMany(group => group.Endpoints).ToArray();
        Targets = [.. all.Select(endpoint => new ServerEndpoint(endpoint.Address, Policy))];
        Weights = [.. all.Select(endpoint => endpoint.EffectiveWeight)];
        Changed?.Invoke();
    }

    public abstract PickResult Pick(in PickContext context, out EndpointLease lease);

    protected static PickResult Take(ServerEndpoint endpoint, out EndpointLease lease)
    {
        PickState scope = default;
        scope.Begin(default, Policy, LeaseSlots.OfThread);
        _ = endpoint.TryTake(ref scope);
        EndpointLease.Make(endpoint, null, LeaseKind.Normal, LeaseSlots.OfThread, out lease);
        return PickResult.Picked;
    }
}
