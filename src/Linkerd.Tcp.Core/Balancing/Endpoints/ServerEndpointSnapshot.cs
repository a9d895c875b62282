using System.Net;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Balancing;

/// <summary>One endpoint at one moment, for introspection.</summary>
public readonly record struct ServerEndpointSnapshot
{
    /// <summary>Its address.</summary>
    public required EndPoint Address { get; init; }

    /// <summary>Gets what discovery says of it beside address and weight, in the first of its groups; null if it says nothing.</summary>
    public required EndpointMetadata? Metadata { get; init; }

    /// <summary>The number of its group in the set, from 0; the first where it is in several.</summary>
    public required int Group { get; init; }

    /// <summary>The tier of that group, 0 first.</summary>
    public required int Tier { get; init; }

    /// <summary>Its weight, as discovery or an operator gave it; 0: last resort.</summary>
    public required double Weight { get; init; }

    /// <summary>Its weight for new sessions at this moment: less in slow start, 0 where it is draining or ejected.</summary>
    public required double EffectiveWeight { get; init; }

    /// <summary>Its connections, open and pending.</summary>
    public required long Load { get; init; }

    /// <summary>Its established connections.</summary>
    public required long Open { get; init; }

    /// <summary>Its connections that are being established.</summary>
    public required long Pending { get; init; }

    /// <summary>Whether an operator drains it.</summary>
    public required bool IsDraining { get; init; }

    /// <summary>
    /// Whether others are preferred: it leaves connects without an answer for longer than it should, or an attempt to an address of its family of the same host has timed out.
    /// </summary>
    public required bool IsDoubtful { get; init; }

    /// <summary>Its breaker.</summary>
    public required BreakerState Breaker { get; init; }

    /// <summary>Why it is ejected.</summary>
    public required EjectionCause EjectionCauses { get; init; }

    /// <summary>
    /// The time until it may be probed; zero from then on, null where it is not ejected, <see cref="Timeout.InfiniteTimeSpan"/> where only its check or an operator brings it back.
    /// </summary>
    public required TimeSpan? TimeToProbe { get; init; }

    /// <summary>Failed connects in a row.</summary>
    public required int ConsecutiveFailures { get; init; }

    /// <summary>The peak EWMA of its connect latency, with failures as 5 s at the least; zero before the first connect.</summary>
    public required TimeSpan ConnectLatency { get; init; }

    /// <summary>How often it was picked, in total.</summary>
    public required long Picks { get; init; }

    /// <summary>How many connects to it failed, in total.</summary>
    public required long ConnectFailures { get; init; }

    /// <summary>How often it was ejected, in total.</summary>
    public required long Ejections { get; init; }
}
