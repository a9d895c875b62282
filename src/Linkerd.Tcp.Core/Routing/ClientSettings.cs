namespace Linkerd.Tcp;

/// <summary>
/// Settings of destinations by the prefix of their names, as linkerd-tcp's <c>io.l5d.static</c> promised them. What is null is left as it is.
/// </summary>
public sealed record ClientSettings
{
    /// <summary>The names that it is for: those that begin with these labels; <see cref="DstPath.Root"/>, the default, is all of them.</summary>
    public DstPath Prefix { get; init; } = DstPath.Root;

    /// <inheritdoc cref="ConnectPolicy.ConnectTimeout"/>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <inheritdoc cref="ConnectPolicy.AttemptTimeout"/>
    public TimeSpan? AttemptTimeout { get; init; }

    /// <inheritdoc cref="ConnectPolicy.MaxAttempts"/>
    public int? MaxAttempts { get; init; }

    /// <inheritdoc cref="DestinationOptions.RetryBudget"/>
    public RetryBudgetOptions? RetryBudget { get; init; }

    /// <summary>The balancing algorithm.</summary>
    public BalancerKind? Balancer { get; init; }

    /// <inheritdoc cref="BalancerOptions.Breaker"/>
    public CircuitBreakerOptions? Breaker { get; init; }

    /// <inheritdoc cref="BalancerOptions.SlowStart"/>
    public SlowStartOptions? SlowStart { get; init; }

    /// <inheritdoc cref="BalancerOptions.MaxConnections"/>
    public int? MaxConnectionsPerEndpoint { get; init; }

    /// <inheritdoc cref="BalancerOptions.MaxPending"/>
    public int? MaxPendingPerEndpoint { get; init; }

    /// <inheritdoc cref="DestinationOptions.MaxSessions"/>
    public int? MaxSessions { get; init; }

    /// <inheritdoc cref="DestinationOptions.MaxWaiters"/>
    public int? MaxWaiters { get; init; }

    /// <inheritdoc cref="WarmOptions.Connections"/>
    public int? MinConnections { get; init; }

    /// <inheritdoc cref="DestinationOptions.Check"/>
    public ActiveCheckOptions? Check { get; init; }

    /// <inheritdoc cref="DestinationOptions.DrainTimeout"/>
    public TimeSpan? DrainTimeout { get; init; }

    /// <inheritdoc cref="DestinationOptions.OnNegative"/>
    public NegativePolicy? OnNegative { get; init; }

    /// <summary>Whether it is for a name.</summary>
    public bool Matches(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(Prefix);
    }

    /// <summary>These settings, and what another says over them.</summary>
    internal ClientSettings With(ClientSettings other) => new()
    {
        Prefix = other.Prefix,
        ConnectTimeout = other.ConnectTimeout ?? ConnectTimeout,
        AttemptTimeout = other.AttemptTimeout ?? AttemptTimeout,
        MaxAttempts = other.MaxAttempts ?? MaxAttempts,
        RetryBudget = other.RetryBudget ?? RetryBudget,
        Balancer = other.Balancer ?? Balancer,
        Breaker = other.Breaker ?? Breaker,
        SlowStart = other.SlowStart ?? SlowStart,
        MaxConnectionsPerEndpoint = other.MaxConnectionsPerEndpoint ?? MaxConnectionsPerEndpoint,
        MaxPendingPerEndpoint = other.MaxPendingPerEndpoint ?? MaxPendingPerEndpoint,
        MaxSessions = other.MaxSessions ?? MaxSessions,
        MaxWaiters = other.MaxWaiters ?? MaxWaiters,
        MinConnections = other.MinConnections ?? MinConnections,
        Check = other.Check ?? Check,
        DrainTimeout = other.DrainTimeout ?? DrainTimeout,
        OnNegative = other.OnNegative ?? OnNegative,
    };
}
