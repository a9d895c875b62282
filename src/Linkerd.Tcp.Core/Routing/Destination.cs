using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <summary>
/// A resolved name at run time: the watch on its resolver, its balancer, and those who wait for an endpoint. Shared by all sessions to the name.
/// Any thread.
/// </summary>
public sealed class Destination
{
    /// <summary>How long the end of a watch is waited for.</summary>
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
    private volatile ProxyHeaderSender? _header;
    private volatile bool _isEnded;

    /// <param name="name">The name.</param>
    /// <param name="options">The options, which are copied.</param>
    /// <param name="services">What the destinations of the router share.</param>
    internal Destination(DstPath name, DestinationOptions options, DestinationServices services)
    {
        Name = name;
        _options = options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        _services = services;
        _balancer = DestinationBalancer.Make(options, name, services.TimeProvider);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(services.Stopping);
        _stopping = _ending.Token;
        _watch = new DestinationWatch(this, services, _stopping);
        _policy = new DestinationPolicy(this);
        Preconnects = new DestinationPreconnects(this, services);
        Health = new DestinationHealth(this, services, _stopping);
        Waiters = new PendingQueue(options.MaxPendingSessions, _balancer, this.CannotSucceed, services.TimeProvider);
        Budget = new RetryTokens(options.RetryBudget, services.TimeProvider);
        ConfigureSessionLimit(options.MaxSessions);
        ConfigureHeader(options.SendProxy);
        Health.Configure();
        _balancer.Changed += Signal;
    }

    /// <summary>The name.</summary>
    public DstPath Name { get; }

    /// <summary>Gets the load balancer, which picks its endpoints. Another one after a change of <see cref="DestinationOptions.BalancerFactory"/>.</summary>
    public ILoadBalancer Balancer => _balancer;

    /// <summary>What the resolver said last.</summary>
    public Resolution Resolution => _watch.Resolution;

    /// <summary>How many good answers changed or confirmed the set.</summary>
    internal long Updates => _watch.Updates;

    /// <summary>How many answers were failures, or negative ones against which the set was kept.</summary>
    internal long Failures => _watch.Failures;

    /// <summary>Whether the set in use was remembered from an earlier run (<see cref="Resolution.Bound.IsStale"/>), and nothing has confirmed it yet.</summary>
    internal bool IsStale => _watch.IsStale;

    /// <summary>For how long the set in use has been kept without a good answer; zero while the last answer is good, or none has been.</summary>
    internal TimeSpan Age => _watch.Age;

    /// <summary>The sessions that wait for its first resolution, or for a free place at one of its endpoints.</summary>
    internal int PendingSessions => Waiters.Count;

    /// <summary>Raised when it is evicted: nobody uses it, and nobody is to know it any longer.</summary>
    internal event Action<Destination>? Evicted;

    /// <summary>Gets who holds it; it is not evicted while somebody does.</summary>
    internal DestinationUse Use { get; } = new();

    /// <summary>Gets the checks and ejections of its endpoints, and who hears of them.</summary>
    internal DestinationHealth Health { get; }

    /// <summary>Gets those who wait for an endpoint.</summary>
    internal PendingQueue Waiters { get; }

    internal RetryTokens Budget { get; }

    /// <summary>Gets the connections that are made ahead.</summary>
    internal DestinationPreconnects Preconnects { get; }

    /// <summary>Gets the sender of the PROXY header with which its connections begin; null if they begin with none.</summary>
    internal ProxyHeaderSender? Header => _header;

    /// <summary>Gets the places of its sessions, where they are limited; a session takes one when it is accepted, and gives it back at its end.</summary>
    internal ConnectionLimit? SessionLimit => _sessionLimit;

    /// <summary>Gets how its checks and its direct connections are made: as its options say, or else as for the sessions of the first proxy that serves it.</summary>
    internal ConnectOptions ConnectPolicy => _policy.Connect;

    /// <summary>Gets a value that indicates whether there has been a set of endpoints.</summary>
    internal bool IsResolved => _watch.IsResolved;

    /// <summary>Gets a value that indicates whether there has been an endpoint.</summary>
    internal bool HasHadEndpoints => _watch.HasHadEndpoints;

    /// <summary>Gets a value that indicates whether it was evicted, or its router disposed.</summary>
    internal bool IsEnded => _isEnded;

    /// <summary>Gets the clock of the registry.</summary>
    internal TimeProvider TimeProvider => _services.TimeProvider;

    /// <summary>Gets the options in force. Not to be written to.</summary>
    internal DestinationOptions Options => _options;

    /// <summary>Gets the endpoints that discovery gave last.</summary>
    internal EndpointSet EndpointSet => _watch.Endpoints;

    /// <summary>
    /// Gets a value that indicates whether it is worth keeping although nobody holds it: an operator's order stands, the last good set is all that there is, or connections are made ahead.
    /// </summary>
    internal bool IsWorthKeeping =>
        Preconnects.AreWanted || _watch.IsKept || (_balancer is LoadBalancer own ? own.IsOverridden : _balancer.Endpoints.Any(static endpoint => endpoint.IsOverridden));

    /// <summary>Gets a value that indicates whether sessions wait for an endpoint, or have one, among those that discovery gave last.</summary>
    internal bool HasSessions => !Waiters.IsEmpty || _balancer.Endpoints.Any(static endpoint => endpoint.Load > 0);

    /// <summary>Counts the events after which a pick that failed may succeed; to be read before the pick, for <see cref="WaitChangedAsync"/>.</summary>
    internal long Version => _signal.Version;

    /// <summary>Completes when something has happened since the version was read.</summary>
    internal Task WaitChangedAsync(long version, CancellationToken cancellationToken) => _signal.WaitAsync(version, cancellationToken);

    /// <summary>
    /// Gets a server connection as a session does, without a listener: from the same queue, within the same retry budget and limits of endpoints, by the same breakers,
    /// from the same source addresses, counted by the same <c>connect.*</c> metrics. It may take <see cref="ConnectOptions.ConnectTimeout"/>, of the policy of
    /// <see cref="DestinationOptions.Connect"/>, or else of the first proxy that serves the name. <see cref="DestinationOptions.MaxSessions"/> does not count it.
    /// Any thread. What awaits it continues on the thread pool, never on an event loop.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, which is to be disposed.</returns>
    /// <exception cref="ConnectException">There is no connection; it says why, and after how many attempts.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The router was disposed, before or meanwhile, or the destination was evicted before.</exception>
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
    /// Waits until the name is resolved: until its resolver has given a set of endpoints, an empty one and a remembered one included. Completes at once afterwards, whatever
    /// the resolver says later.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The router was disposed meanwhile, or the destination was evicted.</exception>
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
    /// Its state, and that of each of its endpoints, at this moment. Linear in the number of endpoints; no pick waits for it.
    /// </summary>
    public DestinationSnapshot Snapshot() => DestinationSnapshot.Of(this);

    /// <summary>The endpoint of an address in the current set, for an operator to act on; null where there is none.</summary>
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

    /// <summary>A proxy serves it: what its options do not say is as the proxy's say.</summary>
    /// <param name="policy">The proxy's.</param>
    /// <param name="tcp">The proxy's.</param>
    /// <param name="before">The policy that the same proxy has served with so far. With null only the first proxy has a say.</param>
    internal void ServeWith(ConnectOptions policy, TcpOptions tcp, ConnectOptions? before = null) => _policy.ServeWith(policy, tcp, before);

    /// <summary>Called when its resolver has said something.</summary>
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
            _policy.Configure();
            ConfigureHeader(options.SendProxy);
            Health.Configure();
            if (_watch.Resolution is Resolution.Negative && options.ClearOnNegative && !before.ClearOnNegative)
            {
                isInUse &= TryApply(_watch.Clear);
            }

            // A balancer that has thrown gets the set again from a watch that starts anew.
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
    /// Ends the watch and the checks. Completes when the watch has ended, or without that if the resolver takes longer than the patience, which it then may as long as it
    /// likes: what it says is heard by nobody. Leases stay good.
    /// </summary>
    /// <param name="patience">In the time of the destination's clock.</param>
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
        }

        await ResolverWatch.CancelAsync(_ending, _services.Logger).ConfigureAwait(false);
        await _watch.StopAsync(patience).ConfigureAwait(false);
        LeaveBalancer(_balancer);
    }

    /// <summary>Ends it, after <see cref="DestinationUse.TryClose"/>, and has whoever knows it forget it.</summary>
    internal async Task EvictAsync()
    {
        Evicted?.Invoke(this);
        await EndAsync(ResolverPatience).ConfigureAwait(false);
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
            _watch.Lose(error);
            return false;
        }
    }

    private void ConfigureHeader(SendProxyOptions? options) => _header = options is null ? null : new ProxyHeaderSender(options, _services.Random);

    // Once there is a limit it stays, and has room for all: sessions have places of it.
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
