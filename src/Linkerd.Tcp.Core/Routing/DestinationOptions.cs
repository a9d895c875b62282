namespace Linkerd.Tcp;

/// <summary>What a <see cref="Destination"/> is made of.</summary>
public sealed record DestinationOptions
{
    /// <summary>What resolves the name. Not disposed by the destination; several may share it.</summary>
    public required IResolver Resolver { get; init; }

    /// <summary>What picks the endpoint of each session: an instance of its own. Default: weighted power of two choices.</summary>
    public ILoadBalancer Balancer { get; init; } = LoadBalancers.P2c();

    /// <summary>What to do when the name does not exist. Default: <see cref="NegativePolicy.Keep"/>.</summary>
    public NegativePolicy OnNegative { get; init; } = NegativePolicy.Keep;

    /// <summary>The most sessions to the name at once, whatever listener they come from; a client beyond it is reset at once. Null, the default: no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? MaxSessions
    {
        get;
        init => field = value is null or > 0 ? value : throw new ArgumentOutOfRangeException(nameof(MaxSessions), value, $"{nameof(MaxSessions)}: 1 or more was expected.");
    }

    /// <summary>How sessions get their server connections; null, the default: as the proxy's options say.</summary>
    public ConnectPolicy? Connect { get; init; }

    /// <summary>What all of its sessions may spend on retries together. Default: 0.2 for each session, and 10 a second.</summary>
    public RetryBudgetOptions RetryBudget { get; init; } = RetryBudgetOptions.Default;

    /// <summary>The most sessions that wait, for the first resolution or for a free place at an endpoint. Default: 1000. One more is refused at once.</summary>
    public int MaxWaiters { get; init; } = 1000;

    /// <summary>Connections that are made before they are needed. Default: none.</summary>
    public WarmOptions Warm { get; init; } = new();

    /// <summary>
    /// What happens to a session whose name is resolved, to no endpoint at all. False, the default: it ends at once (<see cref="Refusal.NoEndpoint"/>). True: it
    /// waits for one, as it does for the first resolution.
    /// </summary>
    public bool WaitForEndpoints { get; init; }

    /// <summary>
    /// How its endpoints are checked beside what sessions meet. Null, the default: not at all. Checks connect as the sessions of the first proxy that serves the name do: from
    /// the same addresses, with the same TCP options.
    /// </summary>
    public ActiveCheckOptions? Check { get; init; }

    /// <summary>
    /// How long sessions may go on whose endpoint an operator drains, or discovery has removed: each ends, with a reset, at a random time between half and all of this, so that
    /// their clients do not come back all at once. Nothing ends where the endpoint is undrained, or back in the set, before. Default:
    /// <see cref="Timeout.InfiniteTimeSpan"/>: they go on as long as they like.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <exception cref="ArgumentException">A value is out of range; the message says which and what was expected.</exception>
    internal void CheckValues()
    {
        Expect(MaxWaiters >= 0, nameof(MaxWaiters));
        Expect(double.IsFinite(RetryBudget.PerSession) && RetryBudget.PerSession >= 0, "RetryBudget.PerSession");
        Expect(double.IsFinite(RetryBudget.PerSecond) && RetryBudget.PerSecond >= 0, "RetryBudget.PerSecond");
        Expect(Warm.Connections >= 0, "Warm.Connections");
        if (Warm.MaxIdle <= TimeSpan.Zero)
        {
            throw new ArgumentException("Warm.MaxIdle: more than zero was expected.");
        }

        Connect?.Check();
        Check?.Check();
        if (DrainTimeout <= TimeSpan.Zero && DrainTimeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException($"{nameof(DrainTimeout)}: more than zero, or Timeout.InfiniteTimeSpan, was expected.");
        }
    }

    private static void Expect(bool holds, string option)
    {
        if (!holds)
        {
            throw new ArgumentException($"{option}: 0 or more was expected.");
        }
    }
}
