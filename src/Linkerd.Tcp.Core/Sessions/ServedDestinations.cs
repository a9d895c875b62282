using System.Collections.Concurrent;

namespace Linkerd.Tcp;

/// <summary>
/// The destinations that sessions of one proxy go to. What a proxy does for each of them begins with its first session, or with the proxy for a listener's fixed name: preconnects, and
/// ending the sessions of endpoints that leave. Any thread.
/// </summary>
internal sealed class ServedDestinations(Router router, Dialer dialer, ConnectPolicy connect, TcpOptions tcp, LeavingSessions leaving)
{
    private readonly ConcurrentDictionary<Destination, WarmPool?> _served = new();
    private readonly Lock _lock = new();
    private bool _isStopped;

    /// <summary>Gets the destination of a name.</summary>
    /// <exception cref="Exception">What the router's options function throws.</exception>
    public Destination Get(DstPath name)
    {
        var destination = router.Get(name, connect, tcp);
        if (!_served.ContainsKey(destination))
        {
            Begin(destination);
        }

        return destination;
    }

    /// <summary>Makes no more preconnects, and closes those that there are.</summary>
    public async ValueTask StopAsync()
    {
        lock (_lock)
        {
            _isStopped = true;
        }

        foreach (var (destination, pool) in _served)
        {
            if (pool is not null && _served.TryUpdate(destination, null, pool))
            {
                await destination.StopWarmingAsync(pool).ConfigureAwait(false);
            }
        }
    }

    private void Begin(Destination destination)
    {
        lock (_lock)
        {
            if (!_served.ContainsKey(destination))
            {
                _served[destination] = _isStopped ? null : destination.StartWarming(dialer, destination.Connect ?? connect);
                leaving.Watch(destination);
            }
        }
    }
}
