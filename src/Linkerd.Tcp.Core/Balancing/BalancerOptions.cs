namespace Linkerd.Tcp;

/// <summary>What a load balancer does beside its algorithm: how it treats endpoints that fail, that are new, or that are full.</summary>
public sealed record BalancerOptions
{
    /// <summary>All defaults.</summary>
    public static BalancerOptions Default { get; } = new();

    /// <summary>When an endpoint that fails is left alone, and when it is tried again. Default: after 5 failed connects in a row.</summary>
    public CircuitBreakerOptions Breaker { get; init; } = CircuitBreakerOptions.Default;

    /// <summary>How an endpoint that is new, or well again, comes to its full share. Default: over 10 s.</summary>
    public SlowStartOptions SlowStart { get; init; } = SlowStartOptions.Default;

    /// <summary>The most connections to one endpoint, open and pending; null, the default: any number. One that is full is not picked.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>The most connections to one endpoint that are being established; null, the default: any number.</summary>
    public int? MaxPending { get; init; }

    /// <summary>
    /// For <see cref="LoadBalancers.Maglev"/>: how much load an endpoint may have before clients that hash to it are sent elsewhere, in percent of its share of
    /// all connections of the group; 125 for a quarter more than that. More than 100, up to 100,000. null, the default: clients stick whatever the load.
    /// HAProxy's hash-balance-factor and Envoy's hash_balance_factor.
    /// </summary>
    public int? HashBalanceFactor { get; init; }

    /// <summary>
    /// The connections, open and pending, below which an endpoint is not too loaded for <see cref="HashBalanceFactor"/>: while there are few, its share is less
    /// than one, and no two connections would go to one endpoint. Default: 16.
    /// </summary>
    public int HashBalanceFloor { get; init; } = 16;

    /// <summary>
    /// An endpoint that has answered no connect for so long, or four times its usual connect latency where that is more, while some are pending, is
    /// picked only where every other one is no better: a silent endpoint would otherwise take its full share until the first attempts time out.
    /// Default: 250 ms. <see cref="Timeout.InfiniteTimeSpan"/> turns it off. Needs <see cref="PickContext.Timestamp"/>.
    /// </summary>
    public TimeSpan AnswerPatience { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A deterministic subset of the endpoints for this instance; null, the default: all of them.</summary>
    public ApertureOptions? Aperture { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>What candidates are drawn with, and back-off is varied by. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; init; } = RandomSource.Shared;

    /// <exception cref="ArgumentException">A value is out of range; the message says which and what was expected.</exception>
    internal void Check()
    {
        Expect(MaxConnections is null or > 0, nameof(MaxConnections), "1 or more");
        Expect(MaxPending is null or > 0, nameof(MaxPending), "1 or more");
        Expect(HashBalanceFactor is null or (> 100 and <= 100_000), nameof(HashBalanceFactor), "more than 100, up to 100000 (percent), or null (no bound)");
        Expect(HashBalanceFloor >= 0, nameof(HashBalanceFloor), "0 or more");
        Expect(AnswerPatience > TimeSpan.Zero || AnswerPatience == Timeout.InfiniteTimeSpan, nameof(AnswerPatience), "more than zero, or Timeout.InfiniteTimeSpan");
        Expect(Breaker.Failures >= 0, "Breaker.Failures", "0 (off) or more");
        Expect(Breaker.FirstBackoff > TimeSpan.Zero, "Breaker.FirstBackoff", "more than zero");
        Expect(Breaker.LastBackoff >= Breaker.FirstBackoff, "Breaker.LastBackoff", "FirstBackoff or more");
        Expect(Breaker.EarlyCloses >= 0, "Breaker.EarlyCloses", "0 (off) or more");
        Expect(Breaker.EarlyCloseWindow > TimeSpan.Zero, "Breaker.EarlyCloseWindow", "more than zero");
        Expect(Breaker.MaxEjectedShare is >= 0 and <= 1, "Breaker.MaxEjectedShare", "0 to 1");
        Expect(SlowStart.Window >= TimeSpan.Zero, "SlowStart.Window", "zero (off) or more");
        Expect(double.IsFinite(SlowStart.Aggression) && SlowStart.Aggression > 0, "SlowStart.Aggression", "more than 0");
        Expect(SlowStart.Floor is > 0 and <= 1, "SlowStart.Floor", "more than 0, up to 1");
        Aperture?.Check();
    }

    private static void Expect(bool holds, string option, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"{option}: {expected} was expected.");
        }
    }
}
