using System.Net;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Balancing;

/// <summary>Represents the state of an endpoint at one moment, for introspection. Immutable; any thread.</summary>
public sealed class ServerEndpointSnapshot
{
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="breaker">Its breaker at this moment.</param>
    /// <param name="now">The moment, as a timestamp of the balancer's clock.</param>
    internal ServerEndpointSnapshot(ServerEndpoint endpoint, in CircuitBreaker breaker, long now)
    {
        var gate = endpoint.Gate;
        var load = endpoint.ReadLoad(out var picks);
        Address = endpoint.Address;
        Metadata = endpoint.Metadata;
        Group = endpoint.Group;
        Tier = endpoint.Tier;
        Weight = endpoint.Weight;
        IsDraining = (gate & AdmissionGate.Draining) != 0;
        EffectiveWeight = breaker.IsEjected || IsDraining ? 0 : Weight * endpoint.Health.SlowStart.Factor(endpoint, now);
        Load = load;
        Open = Math.Min(endpoint.Open, load);
        Pending = load - Open;
        IsDoubtful = (gate & AdmissionGate.Silent) != 0 || ((gate & AdmissionGate.OtherFamily) != 0 && !endpoint.IsFamilyTrusted(now));
        Breaker = breaker.State;
        EjectionCauses = breaker.Causes;
        TimeToProbe = Remaining(in breaker, endpoint.Policy, now);
        ConsecutiveFailures = breaker.Failures;
        ConnectLatency = TimeSpan.FromSeconds(endpoint.ExpectedLatency(now));
        Picks = picks;
        ConnectFailures = endpoint.ConnectFailures;
        Ejections = endpoint.Ejections;
    }

    /// <summary>Gets the address.</summary>
    public EndPoint Address { get; }

    /// <summary>Gets the metadata from discovery, in the first group of the endpoint; null if there is none.</summary>
    public EndpointMetadata? Metadata { get; }

    /// <summary>Gets the number of the group in the set, from 0; the first if the endpoint is in several.</summary>
    internal int Group { get; }

    /// <summary>Gets the tier of that group, 0 first.</summary>
    internal int Tier { get; }

    /// <summary>Gets the weight from discovery or from an operator; 0: last resort.</summary>
    public double Weight { get; }

    /// <summary>Gets the weight for new sessions: less in slow start, 0 if it is draining or ejected.</summary>
    public double EffectiveWeight { get; }

    /// <summary>Gets the number of connections, open and pending.</summary>
    internal long Load { get; }

    /// <summary>Gets the number of established connections.</summary>
    public long Open { get; }

    /// <summary>Gets the number of connections that are being established.</summary>
    public long Pending { get; }

    /// <summary>Gets a value that indicates whether an operator drains it.</summary>
    public bool IsDraining { get; }

    /// <summary>
    /// Gets a value that indicates whether others are preferred: it leaves connects without an answer for longer than it should, or an attempt to an address of its family of the same host has timed out.
    /// </summary>
    internal bool IsDoubtful { get; }

    /// <summary>Gets the state of the circuit breaker.</summary>
    public BreakerState Breaker { get; }

    /// <summary>Gets the causes for which it is ejected.</summary>
    internal EjectionCause EjectionCauses { get; }

    /// <summary>
    /// Gets the time until it may be probed; zero from then on, null if it is not ejected, <see cref="Timeout.InfiniteTimeSpan"/> if only its check or an operator brings it back.
    /// </summary>
    public TimeSpan? TimeToProbe { get; }

    /// <summary>Gets the number of failed connects in a row.</summary>
    internal int ConsecutiveFailures { get; }

    /// <summary>Gets the peak EWMA of the connect latency, with failures as 5 s at the least; zero before the first connect.</summary>
    public TimeSpan ConnectLatency { get; }

    /// <summary>Gets the number of picks, in total.</summary>
    public long Picks { get; }

    /// <summary>Gets the number of failed connects, in total.</summary>
    public long ConnectFailures { get; }

    /// <summary>Gets the number of ejections, in total.</summary>
    public long Ejections { get; }

    private static TimeSpan? Remaining(in CircuitBreaker breaker, EndpointPolicy policy, long now) =>
        !breaker.IsEjected ? null
        : breaker.ProbeAt == long.MaxValue || (breaker.Causes & EjectionCause.Check) != 0 ? Timeout.InfiniteTimeSpan
        : now >= breaker.ProbeAt ? TimeSpan.Zero
        : policy.Elapsed(now, breaker.ProbeAt);
}
