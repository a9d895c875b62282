using System.Collections.Concurrent;
using Linkerd.Tcp.Dialing;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// The destinations that sessions of one proxy go to. A proxy's work for each of them begins with its first session, or with the proxy for a listener's fixed name: preconnects, and
/// ending the sessions of endpoints that leave. Any thread.
/// </summary>
internal sealed class ServedDestinations(DestinationRegistry registry, Dialer dialer, DrainEnforcer leaving)
{
    private readonly ConcurrentDictionary<Destination, bool> _served = new();
    private readonly Lock _lock = new();
    private volatile ServedBy? _proxy;
    private bool _isStopped;

    /// <summary>Gets the registry of the destinations.</summary>
    public DestinationRegistry Registry => registry;

    private ServedBy Proxy => _proxy ?? throw new InvalidOperationException("The proxy has no options yet.");

    /// <summary>Gets the destination of a listener's name, held until <see cref="ReleaseForListener"/>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="next">The function of a change of the registry that is under way, and the destinations that were created by it; null if there is none.</param>
    /// <exception cref="Exception">An exception of the registry's options function.</exception>
    public Destination HoldForListener(DstPath name, (Func<DstPath, DestinationOptions> OptionsFor, List<Destination> Created)? next = null)
    {
        var proxy = Proxy;
        var destination = registry.HoldForListener(name, proxy, next);
        Begin(destination, proxy);
        return destination;
    }

    /// <summary>Gives the hold of a listener back that is gone, or has another name.</summary>
    public void ReleaseForListener(Destination? destination)
    {
        if (destination is not null)
        {
            registry.Table.ReleaseForListener(destination);
        }
    }

    /// <summary>Gets the destination of a session's own name, held for the session; null if a client chose the name, and the number of those is at its limit.</summary>
    /// <param name="name">The name.</param>
    /// <param name="isFixed">True if no client has a part in the name.</param>
    /// <exception cref="Exception">An exception of the registry's options function.</exception>
    public Destination? TryHold(DstPath name, bool isFixed)
    {
        var proxy = Proxy;
        var destination = registry.TryHold(name, proxy, isFixed);
        if (destination is not null)
        {
            Begin(destination, proxy);
        }

        return destination;
    }

    /// <summary>Applies the proxy's options to its work for destinations from now on. If connections are made in another way, those that were made ahead are made again. One call at a time.</summary>
    /// <returns>Completes when the earlier ones are closed.</returns>
    public async Task ServeWithAsync(ServedBy proxy)
    {
        ServedBy? before;
        lock (_lock)
        {
            (before, _proxy) = (_proxy, proxy);
        }

        if (before is null || ReferenceEquals(before, proxy))
        {
            return;
        }

        var isSame = before.Connect.IsSame(proxy.Connect) && before.Tcp.IsSame(proxy.Tcp);
        foreach (var (destination, _) in _served)
        {
            destination.ServeWith(proxy.Connect, proxy.Tcp, before.Connect);
            if (!isSame)
            {
                await destination.Preconnects.StopAsync(dialer).ConfigureAwait(false);
                destination.Preconnects.Start(dialer, proxy);
            }
        }
    }

    /// <summary>Makes no more preconnects, and closes the existing ones.</summary>
    public async ValueTask StopAsync()
    {
        lock (_lock)
        {
            _isStopped = true;
        }

        foreach (var (destination, _) in _served)
        {
            destination.Evicted -= Forget;
            await destination.Preconnects.StopAsync(dialer).ConfigureAwait(false);
        }
    }

    private void Begin(Destination destination, ServedBy proxy)
    {
        if (_served.ContainsKey(destination))
        {
            return;
        }

        lock (_lock)
        {
            if (_served.TryAdd(destination, true))
            {
                // The options may have changed since they were read; the code that changes them has not seen this destination.
                destination.ServeWith(Proxy.Connect, Proxy.Tcp, proxy.Connect);
                leaving.Watch(destination);
                if (!_isStopped)
                {
                    destination.Evicted += Forget;
                    destination.Preconnects.Start(dialer, Proxy);
                }
            }
        }
    }

    // No session uses it any more, so none begins again with it.
    private void Forget(Destination destination)
    {
        destination.Evicted -= Forget;
        _served.TryRemove(destination, out _);
        leaving.Unwatch(destination);
    }
}
