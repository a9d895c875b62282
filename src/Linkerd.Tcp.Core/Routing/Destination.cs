using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

/// <summary>
/// A resolved name at run time: the watch on its resolver, its balancer, and those who wait for an endpoint. Shared by all sessions to the name.
/// Any thread.
/// </summary>
public sealed partial class Destination
{
    /// <summary>How long the end of a watch is waited for.</summary>
    internal static readonly TimeSpan ResolverPatience = TimeSpan.FromSeconds(5);

    private readonly DestinationServices _services;
    private readonly TimeProvider _timeProvider;
    private readonly IRandomSource _random;
    private readonly ILogger _logger;
    private readonly RepeatFilter _failureFilter;
    private readonly CancellationTokenSource _ending;
    private readonly CancellationToken _stopping;
    private readonly ChangeSignal _signal = new();

    // Held while an answer of the resolver, or a change of the options, is applied; before the locks of the balancer.
    private readonly Lock _applying = new();
    private volatile DestinationOptions _options;
    private volatile ILoadBalancer _balancer;
    private volatile ConnectionLimit? _sessionLimit;
    private volatile ProxyHeaderSender? _header;
    private ResolverWatch _watch;
    private long _updates;
    private long _failures;
    private long _goodUntil;
    private EndpointSet _endpoints = EndpointSet.Empty;
    private volatile bool _isResolved;
    private volatile bool _hasHadEndpoints;
    private volatile bool _isStale;
    private volatile bool _isEnded;
    private volatile Resolution _resolution = Resolution.Pending.Instance;

    /// <param name="name">The name.</param>
    /// <param name="options">The options, which are copied.</param>
    /// <param name="services">What the destinations of the router share.</param>
    internal Destination(DstPath name, DestinationOptions options, DestinationServices services)
    {
        Name = name;
        _options = options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        _services = services;
        (_timeProvider, _random, _logger) = (services.TimeProvider, services.Random, services.Logger);
        _failureFilter = new RepeatFilter(_timeProvider);
        _ejectedFilter = new RepeatFilter(_timeProvider);
        _readmittedFilter = new RepeatFilter(_timeProvider);
        _heldBackFilter = new RepeatFilter(_timeProvider);
        _handlerFilter = new RepeatFilter(_timeProvider);
        _onlyFilter = new RepeatFilter(_timeProvider);
        _balancer = DestinationBalancer.Make(options, name, _timeProvider);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(services.Stopping);
        _stopping = _ending.Token;
        _watch = new ResolverWatch(this, options.Resolver, services, _stopping);
        Waiters = new PendingQueue(options.MaxPendingSessions, _balancer, CannotSucceed, _timeProvider);
        Budget = new RetryTokens(options.RetryBudget, _timeProvider);
        ConfigureSessionLimit(options.MaxSessions);
        ConfigureHeader(options.SendProxy);
        ConfigureChecks(options.Check);
        _balancer.Changed += Signal;
    }

    /// <summary>The name.</summary>
    public DstPath Name { get; }

    /// <summary>Gets the load balancer, which picks its endpoints. Another one after a change of <see cref="DestinationOptions.BalancerFactory"/>.</summary>
    public ILoadBalancer Balancer => _balancer;

    /// <summary>What the resolver said last.</summary>
    public Resolution Resolution => _resolution;

    /// <summary>How many good answers changed or confirmed the set.</summary>
    internal long Updates => Volatile.Read(ref _updates);

    /// <summary>How many answers were failures, or negative ones against which the set was kept.</summary>
    internal long Failures => Volatile.Read(ref _failures);

    /// <summary>Whether the set in use was remembered from an earlier run (<see cref="Resolution.Bound.IsStale"/>), and nothing has confirmed it yet.</summary>
    internal bool IsStale => _isStale;

    /// <summary>For how long the set in use has been kept without a good answer; zero while the last answer is good, or none has been.</summary>
    internal TimeSpan Age => Volatile.Read(ref _goodUntil) is var since and not 0 ? _timeProvider.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Raised when it is evicted: nobody uses it, and nobody is to know it any longer.</summary>
    internal event Action<Destination>? Evicted;

    /// <summary>Gets who holds it; it is not evicted while somebody does.</summary>
    internal DestinationUse Use { get; } = new();

    /// <summary>Gets a value that indicates whether there has been an endpoint.</summary>
    internal bool HasHadEndpoints => _hasHadEndpoints;

    /// <summary>Gets a value that indicates whether it was evicted, or its router disposed.</summary>
    internal bool IsEnded => _isEnded;

    /// <summary>Gets the clock of the registry.</summary>
    internal TimeProvider TimeProvider => _timeProvider;

    /// <summary>Gets the options in force. Not to be written to.</summary>
    internal DestinationOptions Options => _options;

    /// <summary>Gets the endpoints that discovery gave last.</summary>
    internal EndpointSet EndpointSet => Volatile.Read(ref _endpoints);

    /// <summary>
    /// Gets a value that indicates whether it is worth keeping although nobody holds it: an operator's order stands, the last good set is all that there is, or connections are made ahead.
    /// </summary>
    internal bool IsWorthKeeping =>
        Preconnects(_options) > 0 || (EndpointSet.Count > 0 && (_isStale || _resolution is Resolution.Failed or Resolution.Pending)) || IsOverridden;

    /// <summary>Gets a value that indicates whether sessions wait for an endpoint, or have one, among those that discovery gave last.</summary>
    internal bool HasSessions => !Waiters.IsEmpty || _balancer.Endpoints.Any(static endpoint => endpoint.Load > 0);

    /// <summary>Counts the events after which a pick that failed may succeed; to be read before the pick, for <see cref="WaitChangedAsync"/>.</summary>
    internal long Version => _signal.Version;

    /// <summary>Completes when something has happened since the version was read.</summary>
    internal Task WaitChangedAsync(long version, CancellationToken cancellationToken) => _signal.WaitAsync(version, cancellationToken);

    internal void Start()
    {
        WarnNotWarmed();
        _watch.Start();
    }

    /// <summary>Called when its resolver has said something.</summary>
    internal void Hear(ResolverWatch watch, Resolution resolution)
    {
        lock (_applying)
        {
            if (_isEnded || watch != _watch)
            {
                return;
            }

            Apply(resolution);
        }

        Signal();
    }

    /// <summary>
    /// Takes other options, which hold from then on; sessions, waits and connects that have begun go on. The endpoints keep their state: load, breaker, slow start, latency, an
    /// operator's orders; they lose it only if <see cref="DestinationOptions.BalancerFactory"/> changes, which replaces the load balancer whole. With another resolver
    /// (another instance) the endpoints in force stay until that one has an answer. Lower limits end nothing. A limit of sessions where there was none counts the sessions that begin afterwards.
    /// Any thread; one change after the other.
    /// </summary>
    /// <param name="options">The options, which are copied.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid; nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The router was disposed, or the destination was evicted.</exception>
    public void Configure(DestinationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_isEnded, this);
        lock (_services.Configuring)
        {
            var validator = new OptionsValidator();
            var change = DestinationChange.Prepare(this, options, validator);
            validator.ThrowIfInvalid(nameof(options));
            change!.Apply();
        }
    }

    /// <summary>Takes other options.</summary>
    internal void Take(DestinationChange change)
    {
        var before = _options;
        lock (_applying)
        {
            if (_isEnded)
            {
                change.Discard();
                return;
            }

            var options = _options = change.Options;
            var isInUse = TryApply(() => UseBalancer(change.Balancer, options));
            Waiters.Configure(options.MaxPendingSessions, _balancer);
            Budget.Configure(options.RetryBudget);
            ConfigureSessionLimit(options.MaxSessions);
            ConfigureCheckPolicy();
            ConfigureHeader(options.SendProxy);
            ConfigureChecks(options.Check);
            if (_resolution is Resolution.Negative && options.ClearOnNegative && !before.ClearOnNegative)
            {
                isInUse &= TryApply(Clear);
            }

            // A balancer that has thrown gets the set again from a watch that starts anew.
            if (!isInUse || options.Resolver != before.Resolver)
            {
                var old = _watch;
                _watch = new ResolverWatch(this, options.Resolver, _services, _stopping);
                _watch.Start();
                _ = old.StopAsync(ResolverPatience);
            }
        }

        ConfigureWarming(isBalancerNew: change.Balancer is not null);
        WarnNotWarmed(before);
        TellLeaving(before);
        Signal();
    }

    /// <summary>
    /// Ends the watch and the checks. Completes when the watch has ended, or without that if the resolver takes longer than the patience, which it then may as long as it
    /// likes: what it says is heard by nobody. Leases stay good.
    /// </summary>
    /// <param name="patience">In the time of the destination's clock.</param>
    internal async Task EndAsync(TimeSpan patience)
    {
        ResolverWatch watch;
        lock (_applying)
        {
            if (_isEnded)
            {
                return;
            }

            (_isEnded, watch) = (true, _watch);
            _checker?.Stop();
        }

        await ResolverWatch.CancelAsync(_ending, _logger).ConfigureAwait(false);
        await watch.StopAsync(patience).ConfigureAwait(false);
        LeaveBalancer(_balancer);
    }

    /// <summary>Gives the balancer in use other options, or puts another one in its place.</summary>
    private void UseBalancer(ILoadBalancer? other, DestinationOptions options)
    {
        var old = _balancer;
        if (other is null)
        {
            if (old is LoadBalancer own && options.BalancerFactory is null)
            {
                LoadBalancers.Configure(own, options.Balancer, options.BalancingPolicy, options.Balancing);
            }

            return;
        }

        // It has a set already, which was in force a moment ago.
        other.Changed += Signal;
        _balancer = other;
        LeaveBalancer(old);
        other.Update(_endpoints);
        OnEndpointsChanged();
    }

    private void LeaveBalancer(ILoadBalancer balancer)
    {
        DestinationBalancer.Release(balancer);
        try
        {
            balancer.Changed -= Signal;
        }
        catch (Exception)
        {
            // Somebody else's balancer; what it goes on telling finds nobody waiting.
            return;
        }
    }

    /// <summary>Does something with somebody else's balancer.</summary>
    private bool TryApply(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception error)
        {
            Volatile.Write(ref _endpoints, EndpointSet.Empty);
            ApplyBad($"the balancer threw {error.GetType().Name}: {error.Message}");
            return false;
        }
    }

    private void Apply(Resolution resolution)
    {
        _resolution = resolution;
        switch (resolution)
        {
            case Resolution.Bound { IsStale: true } remembered:
                ApplyStale(remembered.Endpoints);
                break;
            case Resolution.Bound bound:
                UseGood(bound.Endpoints);

                // Last: who sees the count finds the set in force.
                Interlocked.Increment(ref _updates);
                break;
            case Resolution.Negative when _options.ClearOnNegative:
                Clear();
                Interlocked.Increment(ref _updates);
                break;
            case Resolution.Negative:
                ApplyBad("the name does not exist");
                break;
            case Resolution.Failed failed:
                ApplyBad(failed.Error);
                break;
            default:
                // Pending is no answer, neither good nor bad.
                break;
        }
    }

    /// <summary>Ends it, after <see cref="DestinationUse.TryClose"/>, and has whoever knows it forget it.</summary>
    internal async Task EvictAsync()
    {
        Evicted?.Invoke(this);
        await EndAsync(ResolverPatience).ConfigureAwait(false);
    }

    private void Clear()
    {
        // Told when it is so: who reads the line and connects is refused.
        var dropped = _endpoints.Count;
        UseGood(EndpointSet.Empty);
        Log.Cleared(_logger, Name, dropped);
    }

    private void UseGood(EndpointSet endpoints)
    {
        Volatile.Write(ref _goodUntil, 0);
        _isStale = false;
        UseSet(endpoints);
    }

    // Used like any other, but no answer: nothing has confirmed it.
    private void ApplyStale(EndpointSet endpoints)
    {
        _isStale = true;
        Interlocked.CompareExchange(ref _goodUntil, _timeProvider.GetTimestamp(), 0);
        UseSet(endpoints);
    }

    private void UseSet(EndpointSet endpoints)
    {
        var before = _endpoints;
        if (!before.Equals(endpoints))
        {
            // In use once the balancer has it: of one that throws, the next answer is applied although it is the same.
            _balancer.Update(endpoints);
            OnEndpointsChanged();
            Volatile.Write(ref _endpoints, endpoints);
            LogChange(before, endpoints);
            _hasHadEndpoints |= endpoints.Count > 0;
        }

        _isResolved = true;
    }

    private void ApplyBad(string error)
    {
        Interlocked.Increment(ref _failures);
        if (_updates > 0)
        {
            Interlocked.CompareExchange(ref _goodUntil, _timeProvider.GetTimestamp(), 0);
        }

        if (_failureFilter.TryPass(out var suppressed))
        {
            Log.Kept(_logger, Name, error, _endpoints.Count, suppressed);
        }
    }

    private void Signal()
    {
        _signal.Raise();
        Waiters.ServePending();
    }
}
