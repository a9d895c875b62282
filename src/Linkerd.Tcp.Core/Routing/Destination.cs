using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <summary>
/// Represents a resolved name at run time: the watch on its resolver, its balancer, and the sessions that wait for an endpoint. Shared by all sessions to the name.
/// Any thread.
/// </summary>
public sealed class Destination
{
    /// <summary>The time that the end of a watch may take.</summary>
    internal static readonly TimeSpan ResolverPatience = TimeSpan.FromSeconds(5);

    private readonly DestinationServices _services;
    private readonly CancellationTokenSource _ending;
    private readonly CancellationToken _stopping;
    private readonly ChangeSignal _signal = new();
    private readonly DestinationWatch _watch;
    private readonly DestinationPolicy _policy;

    // Held while an answer of the resolver, or a change of the options, is applied; before the locks of the balancer.
    private readonly Lock _applying = new();
    private volatile DestinationOptions _options;
    private volatile ILoadBalancer _balancer;
    private volatile ConnectionLimit? _sessionLimit;
    private volatile bool _isEnded;

    /// <param name="name">The name.</param>
    /// <param name="options">The options, which are copied.</param>
    /// <param name="services">The services that all destinations of the registry share.</param>
    internal Destination(DstPath name, DestinationOptions options, DestinationServices services)
    {
        Name = name;
        _options = options = OptionsValidator.Validated(options.Copy(), services.Validate);
        _services = services;
        _balancer = DestinationBalancer.Make(options, name, services);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(services.Stopping);
        _stopping = _ending.Token;
        _watch = new DestinationWatch(this, services, _stopping);
        _policy = new DestinationPolicy(this);
        Preconnects = new DestinationPreconnects(this, services);
        Health = new DestinationHealth(this, services, _stopping);
        Waiters = new PendingQueue(options.MaxPendingSessions, _balancer, this.CannotSucceed, services.TimeProvider);
        Budget = new RetryTokens(options.RetryBudget, services.TimeProvider);
        ConfigureSessionLimit(options.MaxSessions);
        Setup = new DestinationSetup(name, services);
        Setup.Use(options, Setup.MakeTls(options));
        Health.Configure();
        _balancer.Changed += Signal;
    }

    /// <summary>Gets the name.</summary>
    public DstPath Name { get; }

    /// <summary>Gets the load balancer, which picks the endpoints. A change of <see cref="DestinationOptions.BalancerFactory"/> replaces it.</summary>
    public ILoadBalancer Balancer => _balancer;

    /// <summary>Gets the last answer of the resolver.</summary>
    public Resolution Resolution => _watch.Resolution;

    /// <summary>Gets the number of good answers, which changed or confirmed the set.</summary>
    internal long Updates => _watch.Updates;

    /// <summary>Gets the number of failures, and of negative answers in spite of which the set was kept.</summary>
    internal long Failures => _watch.Failures;

    /// <summary>Gets a value that indicates whether the set in use was remembered from an earlier run (<see cref="Resolution.Bound.IsStale"/>) and has not been confirmed yet.</summary>
    internal bool IsStale => _watch.IsStale;

    /// <summary>Gets the time for which the set in use has been kept without a good answer; zero if the last answer is good, or if there has been no good answer.</summary>
    internal TimeSpan Age => _watch.Age;

    /// <summary>Gets the number of sessions that wait for the first resolution, or for a free place at an endpoint.</summary>
    internal int PendingSessions => Waiters.Count;

    /// <summary>Occurs when the destination is evicted: it is not in use, and handlers release their references to it.</summary>
    internal event Action<Destination>? Evicted;

    /// <summary>Gets the count of holds; the destination is not evicted while it is held.</summary>
    internal DestinationUse Use { get; } = new();

    /// <summary>Gets the checks and ejections of the endpoints, with their observers.</summary>
    internal DestinationHealth Health { get; }

    /// <summary>Gets the queue of sessions that wait for an endpoint.</summary>
    internal PendingQueue Waiters { get; }

    internal RetryTokens Budget { get; }

    /// <summary>Gets the connections that are made ahead.</summary>
    internal DestinationPreconnects Preconnects { get; }

    /// <summary>Gets the sender of the PROXY header that begins each connection; null if connections have none.</summary>
    internal DestinationSetup Setup { get; }

    /// <summary>Gets the limit of sessions; null if they are not limited. A session takes a place when it is accepted, and returns it at its end.</summary>
    internal ConnectionLimit? SessionLimit => _sessionLimit;

    /// <summary>Gets the policy of checks and direct connections: that of the options, or else that of the first proxy that serves the destination.</summary>
    internal ConnectOptions ConnectPolicy => _policy.Connect;

    /// <summary>Gets a value that indicates whether the resolver has given a set of endpoints.</summary>
    internal bool IsResolved => _watch.IsResolved;

    /// <summary>Gets a value that indicates whether there has been an endpoint.</summary>
    internal bool HasHadEndpoints => _watch.HasHadEndpoints;

    /// <summary>Gets a value that indicates whether the destination was evicted, or its registry was disposed.</summary>
    internal bool IsEnded => _isEnded;

    /// <summary>Gets the services that all destinations of the registry share.</summary>
    internal DestinationServices Services => _services;

    /// <summary>Gets the clock of the registry.</summary>
    internal TimeProvider TimeProvider => _services.TimeProvider;

    /// <summary>Gets the options in force. Read-only for callers.</summary>
    internal DestinationOptions Options => _options;

    /// <summary>Gets the last set of endpoints from discovery.</summary>
    internal EndpointSet EndpointSet => _watch.Endpoints;

    /// <summary>
    /// Gets a value that indicates whether to keep the destination without holds: an operator's order stands, the last good set has no other source, or connections are made ahead.
    /// </summary>
    internal bool IsWorthKeeping =>
        Preconnects.AreWanted || _watch.IsKept || (_balancer is LoadBalancer own ? own.IsOverridden : _balancer.Endpoints.Any(static endpoint => endpoint.IsOverridden));

    /// <summary>Gets a value that indicates whether sessions wait for an endpoint, or use one of the last set from discovery.</summary>
    internal bool HasSessions => !Waiters.IsEmpty || _balancer.Endpoints.Any(static endpoint => endpoint.Load > 0);

    /// <summary>Gets the number of events after which a failed pick may succeed. Read it before the pick, for <see cref="WaitChangedAsync"/>.</summary>
    internal long Version => _signal.Version;

    /// <summary>Completes when an event has occurred since the version was read.</summary>
    internal Task WaitChangedAsync(long version, CancellationToken cancellationToken) => _signal.WaitAsync(version, cancellationToken);

    /// <summary>
    /// Connects to a server as a session does, without a listener: with the same queue, retry budget, endpoint limits and breakers,
    /// the same source addresses, and the same <c>connect.*</c> metrics. The time limit is <see cref="ConnectOptions.ConnectTimeout"/> of the policy in
    /// <see cref="DestinationOptions.Connect"/>, or else of the first proxy that serves the name. <see cref="DestinationOptions.MaxSessions"/> does not count the connection.
    /// Any thread. The code after an await continues on the thread pool, never on an event loop.
    /// </summary>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connection. The caller disposes it.</returns>
    /// <exception cref="ConnectException">There is no connection; the exception has the reason and the number of attempts.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed, before or during the call, or the destination was evicted before.</exception>
    public async ValueTask<BalancedConnection> ConnectAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested || !Use.TryHold(), this);
        try
        {
            return await _services.Direct.ConnectAsync(this, _services.Random, _stopping, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Use.Release();
            throw;
        }
    }

    /// <summary>
    /// Waits until the name is resolved, that is, until the resolver has given a set of endpoints, which may be empty or remembered. Completes at once afterwards,
    /// regardless of later answers.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed during the wait, or the destination was evicted.</exception>
    public async Task WaitResolvedAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping);
        while (true)
        {
            var version = Version;
            if (IsResolved)
            {
                return;
            }

            try
            {
                await WaitChangedAsync(version, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new ObjectDisposedException(nameof(DestinationRegistry));
            }
        }
    }

    /// <summary>
    /// Returns the current state of the destination and of each of its endpoints. Linear in the number of endpoints; does not block picks.
    /// </summary>
    public DestinationSnapshot Snapshot() => DestinationSnapshot.Of(this);

    /// <summary>Finds the endpoint of an address in the current set, for an operator's command; null if there is none.</summary>
    public ServerEndpoint? FindEndpoint(EndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Balancer.Endpoints.FirstOrDefault(endpoint => endpoint.Address.Equals(address));
    }

    internal void Start()
    {
        Preconnects.WarnIfOff();
        _watch.Start();
    }

    /// <summary>Called when a proxy serves the destination: the proxy's settings apply if the options have none.</summary>
    /// <param name="policy">The connect policy of the proxy.</param>
    /// <param name="tcp">The TCP options of the proxy.</param>
    /// <param name="before">The policy with which the same proxy has served so far. If null, the settings apply only if this proxy is the first.</param>
    internal void ServeWith(ConnectOptions policy, TcpOptions tcp, ConnectOptions? before = null) => _policy.ServeWith(policy, tcp, before);

    /// <summary>Called when the resolver has given an answer.</summary>
    internal void OnResolution(ResolverWatch watch, Resolution resolution)
    {
        lock (_applying)
        {
            if (_isEnded || !_watch.IsCurrent(watch))
            {
                return;
            }

            _watch.Apply(resolution);
        }

        Signal();
    }

    /// <summary>
    /// Applies other options; sessions, waits and connects that have begun continue. The endpoints keep their state: load, breaker, slow start, latency, and an
    /// operator's orders. They lose it only if <see cref="DestinationOptions.BalancerFactory"/> changes, which replaces the load balancer. With another instance of a
    /// resolver, the endpoints in force stay until it gives an answer. A lower limit ends nothing. A new limit of sessions counts only sessions that begin afterwards.
    /// Any thread; changes are serialized.
    /// </summary>
    /// <param name="options">The options, which are copied.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid; nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The registry was disposed, or the destination was evicted.</exception>
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

    /// <summary>Applies a prepared change.</summary>
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
            _policy.Configure();
            Setup.Use(options, change.Tls);
            Health.Configure();
            if (_watch.Resolution is Resolution.Negative && options.ClearOnNegative && !before.ClearOnNegative)
            {
                isInUse &= TryApply(_watch.Clear);
            }

            // After a balancer has thrown, a new watch gives it the set again.
            if (!isInUse || options.Resolver != before.Resolver)
            {
                _watch.Restart();
            }
        }

        Preconnects.Configure(isBalancerNew: change.Balancer is not null);
        Preconnects.WarnIfOff(before);
        Health.OnConfigured(before, _options);
        Signal();
    }

    /// <summary>
    /// Ends the watch and the checks. Completes when the watch has ended, or when the patience is over: the resolver may then take any time, and
    /// its answers are dropped. Leases stay valid.
    /// </summary>
    /// <param name="patience">The longest time to wait, by the destination's clock.</param>
    internal async Task EndAsync(TimeSpan patience)
    {
        lock (_applying)
        {
            if (_isEnded)
            {
                return;
            }

            _isEnded = true;
            Health.Stop();
            Setup.End();
        }

        await ResolverWatch.CancelAsync(_ending, _services.Logger).ConfigureAwait(false);
        await _watch.StopAsync(patience).ConfigureAwait(false);
        LeaveBalancer(_balancer);
    }

    /// <summary>Ends the destination after <see cref="DestinationUse.TryClose"/>, and raises <see cref="Evicted"/>.</summary>
    internal async Task EvictAsync()
    {
        Evicted?.Invoke(this);
        await EndAsync(ResolverPatience).ConfigureAwait(false);
    }

    /// <summary>Applies the options to the balancer in use, or replaces it.</summary>
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

        // It already has a set, which was in force until now.
        other.Changed += Signal;
        _balancer = other;
        LeaveBalancer(old);
        other.Update(_watch.Endpoints);
        Health.OnEndpointsChanged();
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
            // The balancer may be user code; further events of it wake no waiter.
            return;
        }
    }

    /// <summary>Runs an action on a balancer, which may be user code.</summary>
    private bool TryApply(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception error)
        {
            _watch.Lose(error);
            return false;
        }
    }

    // Once created, the limit stays, and is raised to the maximum instead of removed: sessions hold places of it.
    private void ConfigureSessionLimit(int? maximum)
    {
        if (_sessionLimit is { } limit)
        {
            limit.SetMaximum(maximum ?? int.MaxValue);
        }
        else if (maximum is { } first)
        {
            _sessionLimit = new ConnectionLimit(first);
        }
    }

    private void Signal()
    {
        _signal.Raise();
        Waiters.ServePending();
    }
}
