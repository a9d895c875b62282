using System.Collections.Concurrent;

namespace Linkerd.Tcp;

/// <summary>
/// The destinations that sessions of one proxy go to. What a proxy does for each of them begins with its first session, or with the proxy for a listener's fixed name: preconnects, and
/// ending the sessions of endpoints that leave. Any thread.
/// </summary>
internal sealed class ServedDestinations(Router router, Dialer dialer, ConnectPolicy connect, TcpOptions tcp, LeavingSessions leaving)
{
    private readonly ServedBy _proxy = new(connect, tcp);
    private readonly ConcurrentDictionary<Destination, bool> _served = new();
    private readonly Lock _lock = new();
    private bool _isStopped;

    /// <summary>Gets the destination of a fixed name.</summary>
    /// <exception cref="Exception">What the router's options function throws.</exception>
    public Destination Get(DstPath name)
    {
        var destination = router.Get(name, _proxy);
        Begin(destination);
        return destination;
    }

    /// <summary>Gets the destination of a name that a client chose, held for its session; null if there are as many as there may be.</summary>
    /// <inheritdoc cref="Get"/>
    public Destination? TryHold(DstPath name)
    {
        var destination = router.TryHold(name, _proxy);
        if (destination is not null)
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

        foreach (var (destination, _) in _served)
        {
            destination.Evicted -= Forget;
            await destination.StopWarmingAsync(dialer).ConfigureAwait(false);
        }
    }

    private void Begin(Destination destination)
    {
        if (_served.ContainsKey(destination))
        {
            return;
        }

        lock (_lock)
        {
            if (_served.TryAdd(destination, true))
            {
                leaving.Watch(destination);
                if (!_isStopped)
                {
                    destination.Evicted += Forget;
                    destination.StartWarming(dialer, connect);
                }
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
