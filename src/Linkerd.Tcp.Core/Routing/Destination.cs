using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

/// <summary>
/// A resolved name at run time: the watch on its resolver, its balancer, and those who wait for an endpoint. Shared by all sessions to the name.
/// Any thread.
/// </summary>
public sealed partial class Destination
{
    private static readonly TimeSpan FirstRestart = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRestart = TimeSpan.FromSeconds(10);

    private readonly DestinationOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly IRandomSource _random;
    private readonly ILogger _logger;
    private readonly RepeatFilter _failureFilter;
    private readonly CancellationToken _stopping;
    private readonly DirectDialing _direct;
    private readonly Lock _lock = new();
    private TaskCompletionSource? _changed;
    private Task _watching = Task.CompletedTask;
    private long _version;
    private long _updates;
    private long _failures;
    private long _goodUntil;
    private EndpointSet _endpoints = EndpointSet.Empty;
    private volatile bool _isResolved;
    private volatile bool _isStale;
    private volatile Resolution _resolution = Resolution.Pending.Instance;

    /// <param name="name">The name.</param>
    /// <param name="options">What it is made of.</param>
    /// <param name="checks">What checks connect with; null if the options have none.</param>
    /// <param name="direct">What connects for callers of <see cref="ConnectAsync"/>.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="random">Where jitter comes from.</param>
    /// <param name="logger">Where to log.</param>
    /// <param name="stopping">Cancelled when it ends.</param>
    internal Destination(
        DstPath name,
        DestinationOptions options,
        Dialer? checks,
        DirectDialing direct,
        TimeProvider timeProvider,
        IRandomSource random,
        ILogger logger,
        CancellationToken stopping)
    {
        Name = name;
        _direct = direct;
        _options = options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        _timeProvider = timeProvider;
        _random = random;
        _logger = logger;
        _stopping = stopping;
        _failureFilter = new RepeatFilter(timeProvider);
        _ejectedFilter = new RepeatFilter(timeProvider);
        _readmittedFilter = new RepeatFilter(timeProvider);
        _heldBackFilter = new RepeatFilter(timeProvider);
        _handlerFilter = new RepeatFilter(timeProvider);
        _onlyFilter = new RepeatFilter(timeProvider);
        Balancer = DestinationBalancer.Make(options, name);
        Waiters = new WaiterQueue(options.MaxWaiters, Balancer, IsInVain, timeProvider);
        Budget = new RetryTokens(options.RetryBudget, timeProvider);

        Header = options.SendProxy is { } sendProxy ? new ProxyHeaderSender(sendProxy, random) : null;
        SessionLimit = options.MaxSessions is { } most ? new ConnectionLimit(most) : null;
        if (options.Check is { } check && checks is not null)
        {
            var one = new EndpointCheck(checks, check, () => CheckPolicy, timeProvider, Header);
            _checker = new ActiveChecker(one, check, this, timeProvider, random, stopping);
        }

        Balancer.Changed += Signal;
    }

    /// <summary>The name.</summary>
    public DstPath Name { get; }

    /// <summary>What picks its endpoints.</summary>
    public ILoadBalancer Balancer { get; }

    /// <summary>What resolves it.</summary>
    public IResolver Resolver => _options.Resolver;

    /// <summary>What the resolver said last.</summary>
    public Resolution Resolution => _resolution;

    /// <summary>How many good answers changed or confirmed the set.</summary>
    public long Updates => Volatile.Read(ref _updates);

    /// <summary>How many answers were failures, or negative ones against which the set was kept.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Whether the set in use was remembered from an earlier run (<see cref="CachingResolver"/>), and nothing has confirmed it yet.</summary>
    public bool IsStale => _isStale;

    /// <summary>For how long the set in use has been kept without a good answer; zero while the last answer is good, or none has been.</summary>
    public TimeSpan Age => Volatile.Read(ref _goodUntil) is var since and not 0 ? _timeProvider.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Counts the events after which a pick that failed may succeed; to be read before the pick, for <see cref="WaitChangedAsync"/>.</summary>
    internal long Version => Volatile.Read(ref _version);

    /// <summary>Completes when something has happened since the version was read.</summary>
    internal Task WaitChangedAsync(long version, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            if (_version != version)
            {
                return Task.CompletedTask;
            }

            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed = _changed.Task;
        }

        return changed.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Waits until the name is resolved: until its resolver has given a set of endpoints, an empty one and a remembered one included. Completes at once afterwards, whatever
    /// the resolver says later.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The router was disposed meanwhile.</exception>
    public async Task WaitResolvedAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping);
        while (true)
        {
            var version = Version;
            if (_isResolved)
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
                throw new ObjectDisposedException(nameof(Router));
            }
        }
    }

    internal void Start()
    {
        if (Header is not null && _options.Warm.Connections > 0)
        {
            Log.NotWarmed(_logger, Name, _options.Warm.Connections);
        }

        _watching = Task.Run(WatchAsync, CancellationToken.None);
    }

    /// <summary>
    /// Completes when the watch has ended, after the token was cancelled; without it where the resolver takes longer than the patience, which it then may as long as it likes:
    /// what it says is heard by nobody.
    /// </summary>
    /// <param name="patience">In the time of the destination's clock.</param>
    internal async Task StopAsync(TimeSpan patience)
    {
        try
        {
            await _watching.WaitAsync(patience, _timeProvider, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.LeftBehind(_logger, Name, Resolver.GetType().Name, patience.TotalSeconds);
        }

        _checker?.Stop();
        DestinationBalancer.Release(Balancer);
        try
        {
            Balancer.Changed -= Signal;
        }
        catch (Exception)
        {
            // Somebody else's balancer; what it goes on telling finds nobody waiting.
            return;
        }
    }

    private async Task WatchAsync()
    {
        var restart = new Backoff(FirstRestart, LastRestart, _random);
        while (!_stopping.IsCancellationRequested)
        {
            string? problem;
            try
            {
                problem = await FollowAsync(restart).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // A resolver that throws breaks its contract; the destination outlives that.
                problem = $"the resolver threw {error.GetType().Name}: {error.Message}";
            }

            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            Apply(new Resolution.Failed(problem));
            try
            {
                await Task.Delay(restart.Next(), _timeProvider, _stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Applies what one watch says.</summary>
    /// <returns>Why it is over.</returns>
    private async Task<string> FollowAsync(Backoff restart)
    {
        await foreach (var resolution in _options.Resolver.ResolveAsync(Name, _stopping).ConfigureAwait(false))
        {
            // One that was left behind speaks to nobody.
            if (_stopping.IsCancellationRequested)
            {
                break;
            }

            if (resolution is null or Resolution.Bound { Endpoints: null })
            {
                return "the resolver gave null in place of a resolution or its endpoints";
            }

            try
            {
                Apply(resolution);
            }
            catch (Exception error)
            {
                return $"the balancer threw {error.GetType().Name}: {error.Message}";
            }

            restart.Reset();
        }

        return "the resolver ended the watch";
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
                ApplyGood(bound.Endpoints);
                break;
            case Resolution.Negative when _options.OnNegative == NegativePolicy.Clear:
                // Told when it is so: who reads the line and connects is refused.
                var dropped = _endpoints.Count;
                ApplyGood(EndpointSet.Empty);
                Log.Cleared(_logger, Name, dropped);
                break;
            case Resolution.Negative:
                ApplyBad("the name does not exist");
                break;
            case Resolution.Failed failed:
                ApplyBad(failed.Error);
                break;
            case Resolution.Pending:
                // Not an answer, neither good nor bad.
                break;
            default:
                break;
        }

        Signal();
    }

    private void ApplyGood(EndpointSet endpoints)
    {
        Volatile.Write(ref _goodUntil, 0);
        _isStale = false;
        Use(endpoints);

        // Last: who sees the count finds the set in force.
        Interlocked.Increment(ref _updates);
    }

    // Used like any other, but no answer: nothing has confirmed it.
    private void ApplyStale(EndpointSet endpoints)
    {
        _isStale = true;
        Interlocked.CompareExchange(ref _goodUntil, _timeProvider.GetTimestamp(), 0);
        Use(endpoints);
    }

    private void Use(EndpointSet endpoints)
    {
        var before = _endpoints;
        if (!before.Equals(endpoints))
        {
            // In use once the balancer has it: of one that throws, the next answer is applied although it is the same.
            Balancer.Update(endpoints);
            OnEndpointsChanged();
            _endpoints = endpoints;
            LogChange(before, endpoints);
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
        TaskCompletionSource? changed;
        lock (_lock)
        {
            _version++;
            changed = _changed;
            _changed = null;
        }

        changed?.SetResult();
        Waiters.Pump();
    }
}
