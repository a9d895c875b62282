using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// The breaker of one endpoint: counts the evidence against it, and decides when an ejected one may be probed. A mutable struct, part of its endpoint;
/// under the lock of the <see cref="EndpointPolicy"/>.
/// </summary>
internal struct CircuitBreaker
{
    // The next back-off is drawn below this; zero: none yet.
    private TimeSpan _ceiling;
    private long _closedAt;

    /// <summary>The causes of the ejection.</summary>
    public EjectionCause Causes { get; private set; }

    /// <summary>True if a probe connection is in flight.</summary>
    public bool IsProbing { get; set; }

    /// <summary>Failed connects since the last that succeeded.</summary>
    public int Failures { get; private set; }

    /// <summary>Sessions in a row that the server ended early.</summary>
    public int EarlyCloses { get; set; }

    /// <summary>The time from which on it may be probed, as a timestamp.</summary>
    public long ProbeAt { get; private set; }

    public readonly bool IsEjected => Causes != EjectionCause.None;

    public readonly BreakerState State => !IsEjected ? BreakerState.Closed : IsProbing ? BreakerState.HalfOpen : BreakerState.Open;

    /// <summary>Returns true if a session may probe it. One that its check marks as down waits for the check.</summary>
    public readonly bool IsProbeDue(long now) => !IsProbing && (Causes & EjectionCause.Check) == 0 && now >= ProbeAt;

    /// <summary>Counts a failed connect.</summary>
    /// <returns>The number in a row.</returns>
    public int CountFailure() => ++Failures;

    /// <summary>Ejects it for the next back-off, which is drawn between half and all of a ceiling that doubles.</summary>
    public void Open(EjectionCause cause, EndpointPolicy policy, long now)
    {
        // One that fails again soon after it was closed is no better than one whose probe failed: the back-off goes on growing.
        var options = policy.Options.Breaker;
        if (_ceiling == TimeSpan.Zero || (!IsEjected && policy.Elapsed(_closedAt, now) > _ceiling))
        {
            _ceiling = options.InitialBackoff;
        }

        OpenFor(cause, _ceiling * (0.5 + (0.5 * policy.Jitter.NextDouble())), policy, now);
        _ceiling = _ceiling * 2 < options.MaxBackoff ? _ceiling * 2 : options.MaxBackoff;
    }

    /// <summary>Ejects it for a time.</summary>
    public void OpenFor(EjectionCause cause, TimeSpan time, EndpointPolicy policy, long now)
    {
        Causes |= cause;
        ProbeAt = time == Timeout.InfiniteTimeSpan ? long.MaxValue : now + policy.ToTicks(time);
    }

    /// <summary>Ejects it until the cause is cleared.</summary>
    public void AddCause(EjectionCause cause) => Causes |= cause;

    /// <summary>
    /// Called when it was found that it can be connected to: if failed connects are the only evidence against it, its back-off is over.
    /// </summary>
    public void AllowProbe(long now)
    {
        if (Causes == EjectionCause.ConnectFailures && ProbeAt > now)
        {
            ProbeAt = now;
        }
    }

    /// <summary>
    /// Allows a probe soon, if its back-off has grown long; it then grows again from the start. With many endpoints not all at once, but ten a second or so, as many
    /// as the retry budget can pay for. An operator's order holds for its time.
    /// </summary>
    public void ShortenBackoff(EndpointPolicy policy, long now)
    {
        if ((Causes & EjectionCause.Operator) == 0)
        {
            var half = policy.Options.Breaker.InitialBackoff / 2;
            var spread = half + TimeSpan.FromSeconds(0.1 * policy.Count);
            ProbeAt = Math.Min(ProbeAt, now + policy.ToTicks(half + (spread * policy.Jitter.NextDouble())));
            _ceiling = policy.Options.Breaker.InitialBackoff;
        }
    }

    /// <summary>Clears causes that no longer hold.</summary>
    public void Clear(EjectionCause causes, long now)
    {
        var was = IsEjected;
        Causes &= ~causes;
        if (was && !IsEjected)
        {
            _closedAt = now;
        }
    }

    /// <summary>Called when a connect succeeded. After early closes that is weak evidence: the next early close ejects it again.</summary>
    public void Succeed(LeaseKind kind, EndpointPolicy policy, long now)
    {
        Failures = 0;
        var cleared = EjectionCause.ConnectFailures;
        if (kind != LeaseKind.Normal && (Causes & EjectionCause.EarlyCloses) != 0)
        {
            cleared |= EjectionCause.EarlyCloses;
            EarlyCloses = Math.Max(0, policy.Options.Breaker.EarlyCloses - 1);
        }

        // An operator's order holds for its time, even if connects succeed meanwhile.
        Clear(kind == LeaseKind.Probe ? cleared | EjectionCause.Operator : cleared, now);
    }

    /// <summary>Clears all state.</summary>
    public void Reset() => this = default;
}
