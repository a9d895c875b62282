namespace Linkerd.Tcp;

/// <content>What its sessions share on their way to a server connection.</content>
public sealed partial class Destination
{
    /// <summary>The sessions that wait for its first resolution, or for a free place at one of its endpoints.</summary>
    public int WaitingSessions => Waiters.Count;

    /// <summary>The policy of its own; null where the proxy's counts.</summary>
    internal ConnectPolicy? Connect => _options.Connect;

    internal int MaxWaiters => _options.MaxWaiters;

    internal WaiterQueue Waiters { get; }

    internal RetryTokens Budget { get; }

    /// <summary>The connections that are made ahead; null where there are none. Set by the proxy that serves it, the first where there are several.</summary>
    internal WarmPool? Warm { get; private set; }

    /// <summary>Starts to make connections ahead, where its options say so and nobody does yet.</summary>
    internal WarmPool? StartWarming(Connector connector)
    {
        lock (_lock)
        {
            return _options.Warm.Connections > 0 && Warm is null ? Warm = new WarmPool(this, connector, _options.Warm, _random, _timeProvider) : null;
        }
    }

    internal async ValueTask StopWarmingAsync(WarmPool pool)
    {
        lock (_lock)
        {
            Warm = null;
        }

        await pool.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Whether there are endpoints, and an operator drains each of them.</summary>
    internal bool AreAllDraining
    {
        get
        {
            var endpoints = Balancer.Endpoints;
            for (var i = 0; i < endpoints.Count; i++)
            {
                if (!endpoints[i].IsDraining)
                {
                    return false;
                }
            }

            return endpoints.Count > 0;
        }
    }

    /// <summary>Whether, where a pick gave this, nothing is left that would make the next one succeed: waiting would only delay the bad news.</summary>
    internal bool IsInVain(PickResult picked) => picked switch
    {
        // Before the first good answer "no endpoints" means "not known yet".
        PickResult.Empty => _isResolved && Balancer.Endpoints.Count == 0 && !_options.WaitForEndpoints,
        PickResult.Unavailable => AreAllDraining,
        _ => false,
    };

    /// <summary>The places of its sessions, where they are limited; a session takes one when it is accepted, and gives it back at its end.</summary>
    internal ConnectionLimit? SessionLimit { get; }
}
