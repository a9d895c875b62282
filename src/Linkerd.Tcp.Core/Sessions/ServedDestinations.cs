using System.Collections.Concurrent;

namespace Linkerd.Tcp;

/// <summary>
/// The destinations that sessions of one proxy go to. What a proxy does for each of them begins with its first session, or with the proxy for a listener's fixed name: preconnects, and
/// ending the sessions of endpoints that leave. Any thread.
/// </summary>
internal sealed class ServedDestinations(Router router, Dialer dialer, LeavingSessions leaving)
{
    private readonly ConcurrentDictionary<Destination, WarmPool?> _served = new();
    private readonly Lock _lock = new();
    private SessionPolicy? _policy;
    private bool _isStopped;

    /// <summary>Gets the destination of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="policy">The policy of whoever goes there. It counts if the destination is not served yet.</param>
    /// <exception cref="Exception">What the router's options function throws.</exception>
    public Destination Get(DstPath name, SessionPolicy policy)
    {
        var destination = router.Get(name, policy.Connect, policy.Tcp);
        if (!_served.ContainsKey(destination))
        {
            Begin(destination, policy);
        }

        return destination;
    }

    /// <summary>Takes the policy of sessions that begin from now on. If connections are made in another way, those that were made ahead are made again.</summary>
    /// <returns>Completes when those of before are closed.</returns>
    public async Task ServeWithAsync(SessionPolicy policy)
    {
        var replaced = new List<(Destination Destination, WarmPool Pool)>();
        lock (_lock)
        {
            var before = _policy;
            _policy = policy;
            if (before is null || before == policy)
            {
                return;
            }

            var isSame = before.Connect.IsSame(policy.Connect) && before.Tcp.IsSame(policy.Tcp);
            foreach (var (destination, pool) in _served)
            {
                destination.ServeWith(policy.Connect, policy.Tcp, before.Connect);
                if (pool is not null && !isSame && !_isStopped)
                {
                    replaced.Add((destination, pool));
                }
            }
        }

        foreach (var (destination, pool) in replaced)
        {
            await destination.StopWarmingAsync(pool).ConfigureAwait(false);
            lock (_lock)
            {
                if (_served.TryUpdate(destination, null, pool))
                {
                    _served[destination] = StartWarming(destination, policy);
                }
            }
        }
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

    private void Begin(Destination destination, SessionPolicy policy)
    {
        lock (_lock)
        {
            if (!_served.ContainsKey(destination))
            {
                _served[destination] = StartWarming(destination, _policy ?? policy);
                leaving.Watch(destination);
            }
        }
    }

    private WarmPool? StartWarming(Destination destination, SessionPolicy policy) =>
        _isStopped ? null : destination.StartWarming(dialer, (destination.Connect ?? policy.Connect).WithTcp(policy.Tcp));
}
