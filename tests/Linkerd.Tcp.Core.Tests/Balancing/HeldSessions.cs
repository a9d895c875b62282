using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp;

/// <summary>A number of leases that are held at any time: each new one replaces a random one.</summary>
internal sealed class HeldSessions(ILoadBalancer balancer, int held, bool connected = true, ulong seed = 2) : IDisposable
{
    private readonly Random _random = RandomSource.Seeded(seed);
    private readonly List<EndpointLease> _leases = [];

    /// <summary>As many as are held per endpoint; at least one where that is not zero.</summary>
    public static HeldSessions PerEndpoint(ILoadBalancer balancer, double held, bool connected)
    {
        var sessions = new HeldSessions(balancer, (int)Math.Ceiling(held * balancer.Endpoints.Count), connected);
        sessions.Run(sessions.Held);
        return sessions;
    }

    public int Held { get; } = held;

    public void Run(int picks)
    {
        for (var i = 0; i < picks; i++)
        {
            var lease = balancer.Pick();
            if (connected)
            {
                lease.Connected(TimeSpan.FromMilliseconds(1));
            }

            _leases.Add(lease);
            if (_leases.Count > Held)
            {
                // The new one may not be the one that goes: at a pick exactly so many are held.
                Release(Held == 0 ? 0 : (int)(_random.NextDouble() * Held));
            }
        }
    }

    public void Dispose()
    {
        while (_leases.Count > 0)
        {
            Release(_leases.Count - 1);
        }
    }

    private void Release(int index)
    {
        var lease = _leases[index];
        _leases[index] = _leases[^1];
        _leases.RemoveAt(_leases.Count - 1);
        lease.Complete();
    }
}
