using System.Collections.Concurrent;

namespace Linkerd.Tcp;

/// <summary>
/// The destinations that sessions of one proxy go to. What a proxy does for each of them begins with its first session, or with the proxy for a listener's fixed name: preconnects, and
/// ending the sessions of endpoints that leave. Any thread.
/// </summary>
internal sealed class ServedDestinations(Router router, Dialer dialer, LeavingSessions leaving)
{
    private readonly ConcurrentDictionary<Destination, bool> _served = new();
    private readonly Lock _lock = new();
    private SessionPolicy? _policy;
    private bool _isStopped;

    /// <summary>Gets the destination of a fixed name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="policy">The policy of whoever goes there. It counts if the destination is not served yet.</param>
    /// <exception cref="Exception">What the router's options function throws.</exception>
    public Destination Get(DstPath name, SessionPolicy policy)
    {
        var destination = router.Get(name, policy.Proxy);
        Begin(destination, policy);
        return destination;
    }

    /// <summary>Gets the destination of a name that a client chose, held for its session; null if there are as many as there may be.</summary>
    /// <inheritdoc cref="Get"/>
    public Destination? TryHold(DstPath name, SessionPolicy policy)
    {
        var destination = router.TryHold(name, policy.Proxy);
        if (destination is not null)
        {
            Begin(destination, policy);
        }

        return destination;
    }

    /// <summary>Takes the policy of sessions that begin from now on. If connections are made in another way, those that were made ahead are made again. One call at a time.</summary>
    /// <returns>Completes when those of before are closed.</returns>
    public async Task ServeWithAsync(SessionPolicy policy)
    {
        SessionPolicy? before;
        lock (_lock)
        {
            (before, _policy) = (_policy, policy);
        }

        if (before is null || before == policy)
        {
            return;
        }

        var isSame = before.Proxy.Connect.IsSame(policy.Proxy.Connect) && before.Proxy.Tcp.IsSame(policy.Proxy.Tcp);
        foreach (var (destination, _) in _served)
        {
            destination.ServeWith(policy.Proxy.Connect, policy.Proxy.Tcp, before.Proxy.Connect);
            if (!isSame)
            {
                await destination.StopWarmingAsync(dialer).ConfigureAwait(false);
                destination.StartWarming(dialer, policy.Proxy);
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

        foreach (var (destination, _) in _served)
        {
            await destination.StopWarmingAsync(dialer).ConfigureAwait(false);
        }
    }

    private void Begin(Destination destination, SessionPolicy policy)
    {
        if (_served.ContainsKey(destination))
        {
            return;
        }

        lock (_lock)
        {
            if (_served.TryAdd(destination, true))
            {
                if (!_isStopped)
                {
                    destination.StartWarming(dialer, (_policy ?? policy).Proxy);
                }

                leaving.Watch(destination);
                destination.Evicted += Forget;
            }
        }
    }

    // Nobody uses it any more, so nobody begins again with it.
    private void Forget(Destination destination)
    {
        destination.Evicted -= Forget;
        _served.TryRemove(destination, out _);
        leaving.Unwatch(destination);
    }
}
