using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp;

/// <summary>
/// Represents the limits of the names that clients choose (<see cref="DestinationRegistry.TryAcquire"/>, <see cref="ListenerOptions.Route"/>, captures of <see cref="ListenerOptions.ServerNameRules"/>), for a <see cref="DestinationRegistry"/>, which copies and validates
/// them: later changes have no effect. Fixed names (<see cref="DestinationRegistry.Get(DstPath)"/>, <see cref="ListenerOptions.Destination"/>) are neither counted nor evicted; those of rules without captures are not counted. Time spans are at most 49 days.
/// </summary>
public sealed class DestinationRegistryOptions
{
    /// <summary>
    /// Gets or sets the largest number of destinations of names that clients choose. A name beyond it has no destination, and its session is refused (<see cref="RejectReason.DestinationsFull"/>).
    /// Default: 10,000; 0 or more. A lower number ends no destination.
    /// </summary>
    public int MaxClientNamed { get; set; } = 10_000;

    /// <summary>
    /// Gets or sets the time without a session or a reference after which a destination that a client named is evicted. Eviction may be later by a fifth of it. Default: 10 minutes;
    /// <see cref="Timeout.InfiniteTimeSpan"/>: never.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Gets or sets the time that replaces <see cref="IdleTimeout"/> for a destination that has never had an endpoint. Default: 30 s; <see cref="Timeout.InfiniteTimeSpan"/>: never.
    /// </summary>
    public TimeSpan UnboundTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets the largest number of endpoints that have metrics of their own (<see cref="LinkerdTcpTelemetry.EndpointMeterName"/>). Those beyond it are counted. Default: 1,000; 0 or more.
    /// </summary>
    public int MaxMeasuredEndpoints { get; set; } = 1_000;

    internal DestinationRegistryOptions Copy() => (DestinationRegistryOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Range(MaxClientNamed, 0);
        validator.Range(MaxMeasuredEndpoints, 0);
        validator.TimerOrInfinite(IdleTimeout);
        validator.TimerOrInfinite(UnboundTimeout);
    }
}
