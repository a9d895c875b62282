namespace Linkerd.Tcp;

/// <summary>
/// Settings by prefix, in order: for a name, all of those whose prefix matches are merged, each over the ones before it. A prefix that is longer than the
/// name does not match. Immutable; any thread.
/// </summary>
public sealed class ClientSettingsByPrefix
{
    private readonly ClientSettings[] _settings;

    /// <summary>Makes settings by prefix.</summary>
    /// <param name="settings">The settings, in the order in which they are merged; copied.</param>
    /// <exception cref="InvalidOptionsException">A setting is not valid.</exception>
    public ClientSettingsByPrefix(params IEnumerable<ClientSettings> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = [.. settings.Select(static settings => settings?.Copy()!)];
        OptionsValidator.Validated(
            _settings,
            static (all, validator) => validator.Each(all, static (settings, validator) => settings.Validate(validator), nameof(settings)),
            nameof(settings));
    }

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

    /// <summary>The options of a name's destination: a copy of the ones given, changed as its settings say.</summary>
    /// <param name="name">The name.</param>
    /// <param name="options">What holds where no settings say otherwise. A <see cref="DestinationOptions.BalancerFactory"/> holds unless settings name an algorithm.</param>
    /// <param name="connect">The policy of connecting that holds where no settings say otherwise; null: that of the options.</param>
    public DestinationOptions Apply(DstPath name, DestinationOptions options, ConnectPolicy? connect = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var merged = For(name);
        var applied = options.Copy();
        applied.Balancer = merged.Balancer ?? options.Balancer;
        applied.BalancerFactory = merged.Balancer is null ? options.BalancerFactory : null;
        if (applied.Balancing is { } balancing)
        {
            balancing.Breaker = merged.Breaker ?? balancing.Breaker;
            balancing.SlowStart = merged.SlowStart ?? balancing.SlowStart;
            balancing.MaxConnections = merged.MaxConnectionsPerEndpoint ?? balancing.MaxConnections;
            balancing.MaxPending = merged.MaxPendingPerEndpoint ?? balancing.MaxPending;
        }

        applied.Connect = ConnectOf(merged, connect?.Copy() ?? applied.Connect);
        applied.RetryBudget = merged.RetryBudget ?? applied.RetryBudget;
        applied.MaxSessions = merged.MaxSessions ?? applied.MaxSessions;
        applied.MaxWaiters = merged.MaxWaiters ?? applied.MaxWaiters;
        if (applied.Warm is { } warm)
        {
            warm.Connections = merged.MinConnections ?? warm.Connections;
        }

        applied.SendProxy = merged.SendProxy ?? applied.SendProxy;
        applied.Check = merged.Check ?? applied.Check;
        applied.DrainTimeout = merged.DrainTimeout ?? applied.DrainTimeout;
        applied.OnNegative = merged.OnNegative ?? applied.OnNegative;
        return applied;
    }

    // Without a word on connecting the proxy's own policy holds.
    private static ConnectPolicy? ConnectOf(ClientSettings merged, ConnectPolicy? connect)
    {
        if (merged is { ConnectTimeout: null, AttemptTimeout: null, MaxAttempts: null })
        {
            return connect;
        }

        connect ??= new ConnectPolicy();
        connect.ConnectTimeout = merged.ConnectTimeout ?? connect.ConnectTimeout;
        connect.AttemptTimeout = merged.AttemptTimeout ?? connect.AttemptTimeout;
        connect.MaxAttempts = merged.MaxAttempts ?? connect.MaxAttempts;
        return connect;
    }
}
