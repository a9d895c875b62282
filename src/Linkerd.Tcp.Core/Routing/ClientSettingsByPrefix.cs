namespace Linkerd.Tcp;

/// <summary>
/// Settings by prefix, in order: for a name, all of those whose prefix matches are merged, each over the ones before it. A prefix that is longer than the
/// name does not match. Immutable; any thread.
/// </summary>
/// <param name="settings">The settings, in the order in which they are merged.</param>
public sealed class ClientSettingsByPrefix(params IEnumerable<ClientSettings> settings)
{
    private readonly ClientSettings[] _settings = [.. settings];

    /// <summary>The settings of a name.</summary>
    public ClientSettings For(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var merged = new ClientSettings();
        foreach (var settings in _settings)
        {
            if (settings.Matches(name))
            {
                merged = merged.With(settings);
            }
        }

        return merged;
    }

    /// <summary>The options of a name's destination: the ones given, changed as its settings say, with a balancer of its own.</summary>
    /// <param name="name">The name.</param>
    /// <param name="options">What holds where no settings say otherwise; its balancer is not used.</param>
    /// <param name="connect">The policy of connecting that holds where no settings say otherwise.</param>
    /// <param name="kind">The algorithm where no settings say otherwise.</param>
    /// <param name="balancing">The options of the balancer where no settings say otherwise.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public DestinationOptions Apply(
        DstPath name, DestinationOptions options, ConnectPolicy? connect = null, BalancerKind kind = BalancerKind.P2c, BalancerOptions? balancing = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var merged = For(name);
        connect ??= options.Connect;
        balancing ??= BalancerOptions.Default;
        return options with
        {
            Balancer = LoadBalancers.Create(merged.Balancer ?? kind, balancing with
            {
                Breaker = merged.Breaker ?? balancing.Breaker,
                SlowStart = merged.SlowStart ?? balancing.SlowStart,
                MaxConnections = merged.MaxConnectionsPerEndpoint ?? balancing.MaxConnections,
                MaxPending = merged.MaxPendingPerEndpoint ?? balancing.MaxPending,
            }),
            Connect = ConnectOf(merged, connect),
            RetryBudget = merged.RetryBudget ?? options.RetryBudget,
            MaxSessions = merged.MaxSessions ?? options.MaxSessions,
            MaxWaiters = merged.MaxWaiters ?? options.MaxWaiters,
            Warm = merged.MinConnections is { } connections ? options.Warm with { Connections = connections } : options.Warm,
            Check = merged.Check ?? options.Check,
            DrainTimeout = merged.DrainTimeout ?? options.DrainTimeout,
            OnNegative = merged.OnNegative ?? options.OnNegative,
        };
    }

    // Without a word on connecting the proxy's own policy holds.
    private static ConnectPolicy? ConnectOf(ClientSettings merged, ConnectPolicy? connect)
    {
        if (merged is { ConnectTimeout: null, AttemptTimeout: null, MaxAttempts: null })
        {
            return connect;
        }

        connect ??= ConnectPolicy.Default;
        return connect with
        {
            ConnectTimeout = merged.ConnectTimeout ?? connect.ConnectTimeout,
            AttemptTimeout = merged.AttemptTimeout ?? connect.AttemptTimeout,
            MaxAttempts = merged.MaxAttempts ?? connect.MaxAttempts,
        };
    }
}
