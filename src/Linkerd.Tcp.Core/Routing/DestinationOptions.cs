using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp;

/// <summary>
/// Represents the options of a <see cref="Destination"/>, which copies and validates them: later changes have no effect, and several names may share an instance. Time spans are at most 49 days,
/// the limit of timers.
/// </summary>
public sealed class DestinationOptions
{
    /// <summary>Gets or sets the resolver of the name. The destination does not dispose it; several destinations may share it.</summary>
    public required IResolver Resolver { get; set; }

    /// <summary>Gets or sets the algorithm that picks the endpoint of each session. Default: weighted power of two choices.</summary>
    public BalancerKind Balancer { get; set; }

    /// <summary>Gets or sets the algorithm in place of <see cref="Balancer"/>. Several names may share it. Default: null.</summary>
    public ILoadBalancingPolicy? BalancingPolicy { get; set; }

    /// <summary>Gets or sets the options of the load balancer.</summary>
    public BalancerOptions Balancing { get; set; } = new();

    /// <summary>
    /// Gets or sets a function that creates a load balancer, in place of <see cref="Balancer"/>, <see cref="BalancingPolicy"/> and <see cref="Balancing"/>. Called once for each destination; it returns a new instance
    /// each time, as a balancer holds the endpoints of one name. Default: null.
    /// </summary>
    public Func<ILoadBalancer>? BalancerFactory { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether the endpoints are dropped if the name does not exist, as in Finagle. Use it for names that are bound locally, for which "negative" is
    /// reliable. Default: false, the last endpoints are kept, as in linkerd-tcp: namerd also answers "negative" just after a restart, before its own source answers.
    /// </summary>
    public bool ClearOnNegative { get; set; }

    /// <summary>Gets or sets the largest number of concurrent sessions to the name, over all listeners; a client beyond it is reset at once. Default: null, no limit.</summary>
    public int? MaxSessions { get; set; }

    /// <summary>Gets or sets the policy by which sessions get their server connections. Default: null, the policy of the proxy.</summary>
    public ConnectOptions? Connect { get; set; }

    /// <summary>Gets or sets the retry budget that all sessions of the name share. Default: 0.2 retries for each session, and 10 a second.</summary>
    public RetryBudgetOptions RetryBudget { get; set; } = new();

    /// <summary>Gets or sets the largest number of sessions that wait for the first resolution or for a free place at an endpoint; one more is refused at once. Default: 1000.</summary>
    public int MaxPendingSessions { get; set; } = 1000;

    /// <summary>
    /// Gets or sets the PROXY header that begins each connection to an endpoint, checks included. Default: null, none. With a header no connections are made ahead, as each header names
    /// its client: <see cref="Preconnect"/> has no effect, which a warning (3006) reports.
    /// </summary>
    public SendProxyOptions? SendProxy { get; set; }

    /// <summary>
    /// Gets or sets the options of TLS with the servers, for sessions, connections that are made ahead and checks. The handshake follows a PROXY header, and has what is left of the attempt's time.
    /// If it depends on the client (<see cref="ServerTlsOptions.UseClientApplicationProtocol"/>, <c>{sni}</c> in <see cref="ServerTlsOptions.ServerName"/>), no connections are made ahead, which a warning
    /// (3006) reports, and a check whose handshake fails is inconclusive. Default: null, no TLS: bytes are copied as they are.
    /// </summary>
    public ServerTlsOptions? Tls { get; set; }

    /// <summary>Gets or sets the options of connections that are made before they are needed. Default: none are made.</summary>
    public PreconnectOptions Preconnect { get; set; } = new();

    /// <summary>
    /// Gets or sets a value that indicates whether a session waits for an endpoint if its name is resolved to an empty set, as it does for the first resolution.
    /// Default: false, the session ends at once (<see cref="RejectReason.NoEndpoint"/>).
    /// </summary>
    public bool WaitForEndpoints { get; set; }

    /// <summary>
    /// Gets or sets the active checks of the endpoints, in addition to the results of sessions. Default: null, no checks. Checks connect as the sessions of the first proxy that serves the name do: from
    /// the same addresses, with the same TCP options.
    /// </summary>
    public ActiveCheckOptions? Check { get; set; }

    /// <summary>
    /// Gets or sets the time limit of the sessions of an endpoint that an operator drains or discovery has removed. Each session is reset at a random time between half and all of it, so that
    /// not all clients reconnect at once. A session continues if its endpoint is undrained, or back in the set, before. Default:
    /// <see cref="Timeout.InfiniteTimeSpan"/>, no limit.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    internal DestinationOptions Copy()
    {
        var copy = (DestinationOptions)MemberwiseClone();
        copy.Balancing = Balancing?.Copy()!;
        copy.Connect = Connect?.Copy();
        copy.RetryBudget = RetryBudget?.Copy()!;
        copy.SendProxy = SendProxy?.Copy();
        copy.Tls = Tls?.Copy();
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
        validator.Optional(Tls, static (tls, validator) => tls.Validate(validator));
        validator.Nested(Preconnect, static (warm, validator) => warm.Validate(validator));
        validator.Optional(Check, static (check, validator) => check.Validate(validator));
        validator.TimerOrInfinite(DrainTimeout);
    }
}
