using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Routing;

namespace Linkerd.Tcp;

/// <summary>
/// Represents the options of a <see cref="Destination"/>, which copies and validates them: later changes have no effect, and several names may have the same ones. Time spans are at most 49 days,
/// as timers cannot be set to more.
/// </summary>
public sealed class DestinationOptions
{
    /// <summary>What resolves the name. Not disposed by the destination; several may share it.</summary>
    public required IResolver Resolver { get; set; }

    /// <summary>Gets or sets the algorithm that picks the endpoint of each session. Default: weighted power of two choices.</summary>
    public BalancerKind Balancer { get; set; }

    /// <summary>Gets or sets the algorithm in place of <see cref="Balancer"/>. Several names may share it. Default: null.</summary>
    public ILoadBalancingPolicy? BalancingPolicy { get; set; }

    /// <summary>Gets or sets the options of the load balancer.</summary>
    public BalancerOptions Balancing { get; set; } = new();

    /// <summary>
    /// Gets or sets a function that makes a load balancer, in place of <see cref="Balancer"/>, <see cref="BalancingPolicy"/> and <see cref="Balancing"/>. Called once for each destination; it returns a new instance
    /// each time, as a balancer has the endpoints of one name. Default: null.
    /// </summary>
    public Func<ILoadBalancer>? BalancerFactory { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether the endpoints are dropped if the name does not exist, as Finagle does; for names that are bound locally, where "negative" means
    /// what it says. Default: false, the last endpoints are kept, as linkerd-tcp does: namerd also says "negative" when it was just restarted and its own source does not answer yet.
    /// </summary>
    public bool ClearOnNegative { get; set; }

    /// <summary>The most sessions to the name at once, whatever listener they come from; a client beyond it is reset at once. Null, the default: no limit.</summary>
    public int? MaxSessions { get; set; }

    /// <summary>How sessions get their server connections; null, the default: as the proxy's options say.</summary>
    public ConnectOptions? Connect { get; set; }

    /// <summary>What all of its sessions may spend on retries together. Default: 0.2 for each session, and 10 a second.</summary>
    public RetryBudgetOptions RetryBudget { get; set; } = new();

    /// <summary>The most sessions that wait, for the first resolution or for a free place at an endpoint. Default: 1000. One more is refused at once.</summary>
    public int MaxPendingSessions { get; set; } = 1000;

    /// <summary>
    /// Gets or sets the PROXY header with which each connection to its endpoints begins, checks included. Null, the default: none. As each then names its client, none are made ahead:
    /// <see cref="Preconnect"/> has no effect, and a warning (3006) says so.
    /// </summary>
    public SendProxyOptions? SendProxy { get; set; }

    /// <summary>Connections that are made before they are needed. Default: none.</summary>
    public PreconnectOptions Preconnect { get; set; } = new();

    /// <summary>
    /// What happens to a session whose name is resolved, to no endpoint at all. False, the default: it ends at once (<see cref="RejectReason.NoEndpoint"/>). True: it
    /// waits for one, as it does for the first resolution.
    /// </summary>
    public bool WaitForEndpoints { get; set; }

    /// <summary>
    /// How its endpoints are checked beside what sessions meet. Null, the default: not at all. Checks connect as the sessions of the first proxy that serves the name do: from
    /// the same addresses, with the same TCP options.
    /// </summary>
    public ActiveCheckOptions? Check { get; set; }

    /// <summary>
    /// How long sessions may go on whose endpoint an operator drains, or discovery has removed: each ends, with a reset, at a random time between half and all of this, so that
    /// their clients do not come back all at once. Nothing ends where the endpoint is undrained, or back in the set, before. Default:
    /// <see cref="Timeout.InfiniteTimeSpan"/>: they go on as long as they like.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    internal DestinationOptions Copy()
    {
        var copy = (DestinationOptions)MemberwiseClone();
        copy.Balancing = Balancing?.Copy()!;
        copy.Connect = Connect?.Copy();
        copy.RetryBudget = RetryBudget?.Copy()!;
        copy.SendProxy = SendProxy?.Copy();
        copy.Preconnect = Preconnect?.Copy()!;
        copy.Check = Check?.Copy();
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.NotNull(Resolver);
        validator.Defined<BalancerKind>(Balancer);
        validator.Nested(Balancing, static (balancing, validator) => balancing.Validate(validator));
        validator.Range(MaxSessions, 1);
        validator.Optional(Connect, static (connect, validator) => connect.Validate(validator));
        validator.Nested(RetryBudget, static (budget, validator) => budget.Validate(validator));
        validator.Range(MaxPendingSessions, 0);
        validator.Optional(SendProxy, static (header, validator) => header.Validate(validator));
        validator.Nested(Preconnect, static (warm, validator) => warm.Validate(validator));
        validator.Optional(Check, static (check, validator) => check.Validate(validator));
        validator.TimerOrInfinite(DrainTimeout);
    }
}
