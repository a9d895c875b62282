using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing;

/// <content>What it shows.</content>
public sealed partial class ServerEndpoint
{
    private int _group;
    private int _tier;

    /// <summary>Gets the weight for new sessions at this moment: less in slow start, 0 while it is draining or ejected. Reads the clock while it starts slowly.</summary>
    public double EffectiveWeight => (Gate & (AdmissionGate.Draining | AdmissionGate.Ejected)) != 0 ? 0
        : (Gate & AdmissionGate.Ramping) == 0 ? Weight : Weight * RampFactor(_policy.Now);

    /// <summary>Gets the peak EWMA of the connect latency, with failures as 5 s at the least; zero before the first connect. Reads the clock.</summary>
    public TimeSpan ConnectLatency => TimeSpan.FromSeconds(ExpectedLatency(_policy.Now));

    /// <summary>Its state at this moment. Each number is right; together they are of one moment but for what happens meanwhile. Costs no more than reading them.</summary>
    public ServerEndpointSnapshot Snapshot() => Snapshot(_policy.Now);

    /// <inheritdoc cref="Snapshot()"/>
    /// <param name="now">A timestamp of the balancer's clock, read once for many.</param>
    internal ServerEndpointSnapshot Snapshot(long now)
    {
        CircuitBreaker breaker;
        lock (_policy.Lock)
        {
            breaker = _breaker;
        }

        var gate = Gate;
        var isOut = breaker.IsEjected || (gate & AdmissionGate.Draining) != 0;
        var load = ReadLoad(out var picks);
        var open = Math.Min(Open, load);
        return new()
        {
            Address = Address,
            Metadata = Metadata,
            Group = Volatile.Read(ref _group),
            Tier = Volatile.Read(ref _tier),
            Weight = Weight,
            EffectiveWeight = isOut ? 0 : Weight * RampFactor(now),
            Load = load,
            Open = open,
            Pending = load - open,
            IsDraining = (gate & AdmissionGate.Draining) != 0,
            IsDoubtful = (gate & AdmissionGate.Silent) != 0 || ((gate & AdmissionGate.OtherFamily) != 0 && !IsFamilyTrusted(now)),
            Breaker = breaker.State,
            EjectionCauses = breaker.Causes,
            TimeToProbe = TimeToProbe(in breaker, now),
            ConsecutiveFailures = breaker.Failures,
            ConnectLatency = TimeSpan.FromSeconds(ExpectedLatency(now)),
            Picks = picks,
            ConnectFailures = ConnectFailures,
            Ejections = Ejections,
        };
    }

    /// <summary>Where it stands in the set.</summary>
    internal void SetPlace(int group, int tier)
    {
        Volatile.Write(ref _group, group);
        Volatile.Write(ref _tier, tier);
    }

    private TimeSpan? TimeToProbe(in CircuitBreaker breaker, long now) =>
        !breaker.IsEjected ? null
        : breaker.ProbeAt == long.MaxValue || (breaker.Causes & EjectionCause.Check) != 0 ? Timeout.InfiniteTimeSpan
        : now >= breaker.ProbeAt ? TimeSpan.Zero
        : _policy.Elapsed(now, breaker.ProbeAt);
}
