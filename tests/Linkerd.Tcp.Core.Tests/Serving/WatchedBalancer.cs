using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Somebody's own balancer: does something before each pick.</summary>
internal sealed class WatchedBalancer(Action<TransportConnection> beforePick) : ILoadBalancer
{
    private readonly ILoadBalancer _balancer = LoadBalancers.Create(BalancerKind.P2c);

    public event Action? Changed
    {
        add => _balancer.Changed += value;
        remove => _balancer.Changed -= value;
    }

    public IReadOnlyList<ServerEndpoint> Endpoints => _balancer.Endpoints;

    public void Update(EndpointSet endpoints) => _balancer.Update(endpoints);

    public PickResult Pick(in PickContext context, out EndpointLease lease)
    {
        beforePick(((SessionContext)context.Session!).Connection);
        return _balancer.Pick(context, out lease);
    }
}
