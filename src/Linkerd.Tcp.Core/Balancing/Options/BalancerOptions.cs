using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents the options of a load balancer beside its algorithm, for endpoints that fail, are new, or are full. The balancer copies and validates them: later changes have no effect. Time spans
/// are at most 49 days.
/// </summary>
public sealed class BalancerOptions
{
    /// <summary>Gets or sets the circuit breaker: when an endpoint that fails is ejected, and when it is tried again. Default: after 5 failed connects in a row.</summary>
    public CircuitBreakerOptions Breaker { get; set; } = new();

    /// <summary>Gets or sets the way of an endpoint that is new, or has recovered, to its full share. Default: over 10 s.</summary>
    public SlowStartOptions SlowStart { get; set; } = new();

    /// <summary>Gets or sets the maximum number of connections to one endpoint, open and pending. A full endpoint is not picked. Null, the default: no limit.</summary>
    public int? MaxConnections { get; set; }

    /// <summary>Gets or sets the maximum number of connections to one endpoint that are being established. Null, the default: no limit.</summary>
    public int? MaxPending { get; set; }

    /// <summary>
    /// Gets or sets, for <see cref="BalancerKind.Maglev"/>, the load of an endpoint above which clients that hash to it are sent elsewhere, in percent of its share of
    /// all connections of the group; 125 for a quarter more than that. More than 100, up to 100,000. Null, the default: clients stick at any load.
    /// HAProxy's hash-balance-factor and Envoy's hash_balance_factor.
    /// </summary>
    public int? HashBalanceFactor { get; set; }

    /// <summary>
    /// Gets or sets the number of connections, open and pending, below which an endpoint is not too loaded for <see cref="HashBalanceFactor"/>: while there are few, its share is less
    /// than one, and no two connections would go to one endpoint. Default: 16.
    /// </summary>
    public int HashBalanceFloor { get; set; } = 16;

    /// <summary>
    /// Gets or sets the time after which an endpoint is suspect. An endpoint that has answered no connect for this time, or for four times its usual connect latency if that is more, while some are pending, is
    /// picked only if every other one is no better: a silent endpoint would otherwise take its full share until the first attempts time out.
    /// Default: 250 ms. <see cref="Timeout.InfiniteTimeSpan"/> turns it off. Needs <see cref="PickContext.Timestamp"/>.
    /// </summary>
    public TimeSpan SuspectAfter { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets or sets a deterministic subset of the endpoints for this instance. Null, the default: all of them.</summary>
    public ApertureOptions? Aperture { get; set; }

    /// <summary>Gets or sets the clock. Null, the default: the one of the registry, or else the system's.</summary>
    internal TimeProvider? TimeProvider { get; set; }

    /// <summary>Gets or sets the generator of draws and back-off, which is used under a lock on itself. Null, the default: a fast one for each thread.</summary>
    internal Random? Random { get; set; }

    internal BalancerOptions Copy()
    {
        var copy = (BalancerOptions)MemberwiseClone();
        copy.Breaker = Breaker?.Copy()!;
        copy.SlowStart = SlowStart?.Copy()!;
        copy.Aperture = Aperture?.Copy();
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Nested(Breaker, static (breaker, validator) => breaker.Validate(validator));
        validator.Nested(SlowStart, static (slowStart, validator) => slowStart.Validate(validator));
        validator.Range(MaxConnections, 1);
        validator.Range(MaxPending, 1);
        validator.Expect(HashBalanceFactor is null or (> 100 and <= 100_000), HashBalanceFactor, "more than 100, up to 100000 (percent), or null (no bound),");
        validator.Range(HashBalanceFloor, 0);
        validator.TimerOrInfinite(SuspectAfter);
        validator.Optional(Aperture, static (aperture, validator) => aperture.Validate(validator));
    }
}
