namespace Linkerd.Tcp;

/// <summary>
/// Represents settings of destinations by the prefix of their names, as linkerd-tcp's <c>io.l5d.static</c> promised them. Settings that are null change nothing.
/// </summary>
public sealed class ClientSettings
{
    /// <summary>The names that it is for: those that begin with these labels; <see cref="DstPath.Root"/>, the default, is all of them.</summary>
    public DstPath Prefix { get; set; } = DstPath.Root;

    /// <inheritdoc cref="ConnectPolicy.ConnectTimeout"/>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <inheritdoc cref="ConnectPolicy.AttemptTimeout"/>
    public TimeSpan? AttemptTimeout { get; set; }

    /// <inheritdoc cref="ConnectPolicy.MaxAttempts"/>
    public int? MaxAttempts { get; set; }

    /// <inheritdoc cref="DestinationOptions.RetryBudget"/>
    public RetryBudgetOptions? RetryBudget { get; set; }

    /// <summary>The balancing algorithm.</summary>
    public BalancerKind? Balancer { get; set; }

    /// <inheritdoc cref="BalancerOptions.Breaker"/>
    public CircuitBreakerOptions? Breaker { get; set; }

    /// <inheritdoc cref="BalancerOptions.SlowStart"/>
    public SlowStartOptions? SlowStart { get; set; }

    /// <inheritdoc cref="BalancerOptions.MaxConnections"/>
    public int? MaxConnectionsPerEndpoint { get; set; }

    /// <inheritdoc cref="BalancerOptions.MaxPending"/>
    public int? MaxPendingPerEndpoint { get; set; }

    /// <inheritdoc cref="DestinationOptions.MaxSessions"/>
    public int? MaxSessions { get; set; }

    /// <inheritdoc cref="DestinationOptions.MaxWaiters"/>
    public int? MaxWaiters { get; set; }

    /// <inheritdoc cref="WarmOptions.Connections"/>
    public int? MinConnections { get; set; }

    /// <inheritdoc cref="DestinationOptions.SendProxy"/>
    public SendProxyOptions? SendProxy { get; set; }

    /// <inheritdoc cref="DestinationOptions.Check"/>
    public ActiveCheckOptions? Check { get; set; }

    /// <inheritdoc cref="DestinationOptions.DrainTimeout"/>
    public TimeSpan? DrainTimeout { get; set; }

    /// <inheritdoc cref="DestinationOptions.OnNegative"/>
    public NegativePolicy? OnNegative { get; set; }

    /// <summary>Whether it is for a name.</summary>
    public bool Matches(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(Prefix);
    }

    /// <summary>These settings, and what another says over them.</summary>
    internal ClientSettings With(ClientSettings other) => new ClientSettings
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
        SendProxy = other.SendProxy ?? SendProxy,
        Check = other.Check ?? Check,
        DrainTimeout = other.DrainTimeout ?? DrainTimeout,
        OnNegative = other.OnNegative ?? OnNegative,
    }.Copy();

    internal ClientSettings Copy()
    {
        var copy = (ClientSettings)MemberwiseClone();
        copy.RetryBudget = RetryBudget?.Copy();
        copy.Breaker = Breaker?.Copy();
        copy.SlowStart = SlowStart?.Copy();
        copy.SendProxy = SendProxy?.Copy();
        copy.Check = Check?.Copy();
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.NotNull(Prefix);
        validator.TimerOrInfinite(ConnectTimeout);
        validator.TimerOrInfinite(AttemptTimeout);
        validator.Range(MaxAttempts, 1);
        validator.Optional(RetryBudget, static (budget, validator) => budget.Validate(validator));
        validator.Defined(Balancer);
        validator.Optional(Breaker, static (breaker, validator) => breaker.Validate(validator));
        validator.Optional(SlowStart, static (slowStart, validator) => slowStart.Validate(validator));
        validator.Range(MaxConnectionsPerEndpoint, 1);
        validator.Range(MaxPendingPerEndpoint, 1);
        validator.Range(MaxSessions, 1);
        validator.Range(MaxWaiters, 0);
        validator.Range(MinConnections, 0);
        validator.Optional(SendProxy, static (header, validator) => header.Validate(validator));
        validator.Optional(Check, static (check, validator) => check.Validate(validator));
        validator.TimerOrInfinite(DrainTimeout);
        validator.Defined(OnNegative);
    }
}
