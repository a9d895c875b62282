using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>
/// Checks the endpoints of one destination, each once in an interval, spread over it and within a limit of checks at a time. One timer, whatever their number. Any thread.
/// </summary>
/// <param name="check">The check of each endpoint.</param>
/// <param name="options">The interval and the limits.</param>
/// <param name="observer">Receives the results.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="random">The source of randomness that spreads them.</param>
/// <param name="stopping">Cancelled when the destination ends: those under way are given up.</param>
internal sealed class ActiveChecker(
    EndpointCheck check, ActiveCheckOptions options, ICheckObserver observer, TimeProvider timeProvider, IRandomSource random, CancellationToken stopping)
{
    // Thousands of endpoints are started a handful at a time, and not by a timer for each.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<ServerEndpoint, CheckTarget> _targets = [];
    private readonly PriorityQueue<CheckTarget, long> _due = new();
    private Settings _settings = new(check, options, timeProvider);
    private ITimer? _timer;
    private int _generation;
    private int _running;
    private bool _isStarting;
    private bool _isStopped;

    /// <summary>The number of checks that are under way.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Sets the endpoints to check from now on; those that stay keep their turn.</summary>
    public void Update(IReadOnlyList<ServerEndpoint> endpoints)
    {
        lock (_lock)
        {
            if (_isStopped)
            {
                return;
            }

            _generation++;
            var joined = endpoints.Where(endpoint => !TryKeep(endpoint)).ToList();
            RemoveOthers();
            var now = timeProvider.GetTimestamp();
            for (var i = 0; i < joined.Count; i++)
            {
                // One in each slice of the interval, at a random place in it.
                var place = (i + random.NextDouble()) / joined.Count;
                var target = new CheckTarget(joined[i]) { Generation = _generation, Due = now + (long)(place * _settings.Interval) };
                _targets.Add(joined[i], target);
                _due.Enqueue(target, target.Due);
            }
        }

        StartDue();
    }

    /// <summary>Takes other options. The state of the endpoints stays; if the interval has changed, the next checks are spread over it.</summary>
    public void Configure(EndpointCheck check, ActiveCheckOptions options)
    {
        lock (_lock)
        {
            var before = _settings;
            _settings = new(check, options, timeProvider);
            if (before.Interval != _settings.Interval)
            {
                Spread();
            }
        }

        StartDue();
    }

    /// <summary>Starts no more checks; those that are under way change nothing.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _isStopped = true;
            _timer?.Dispose();
            foreach (var target in _targets.Values)
            {
                target.IsRemoved = true;
            }
        }
    }

    private void Spread()
    {
        var waiting = _due.UnorderedItems.Select(static item => item.Element).Where(static target => !target.IsRemoved).ToList();
        _due.Clear();
        var now = timeProvider.GetTimestamp();
        for (var i = 0; i < waiting.Count; i++)
        {
            waiting[i].Due = now + (long)((i + random.NextDouble()) / waiting.Count * _settings.Interval);
            _due.Enqueue(waiting[i], waiting[i].Due);
        }
    }

    private bool TryKeep(ServerEndpoint endpoint)
    {
        if (!_targets.TryGetValue(endpoint, out var target))
        {
            return false;
        }

        target.Generation = _generation;
        return true;
    }

    private void RemoveOthers()
    {
        // A dictionary may be removed from while it is enumerated.
        foreach (var (endpoint, target) in _targets)
        {
            if (target.Generation != _generation)
            {
                target.IsRemoved = true;
                _targets.Remove(endpoint);
            }
        }
    }

    // A transport may complete at once, so the loop that starts checks goes on with those that become possible: no recursion.
    private void StartDue()
    {
        lock (_lock)
        {
            if (_isStarting)
            {
                return;
            }

            _isStarting = true;
        }

        while (TryTakeDue(out var target))
        {
            _ = RunAsync(target!);
        }
    }

    private bool TryTakeDue(out CheckTarget? taken)
    {
        lock (_lock)
        {
            while (!_isStopped && _running < _settings.Options.MaxConcurrent && _due.TryPeek(out var target, out var due))
            {
                if (target.IsRemoved)
                {
                    _due.Dequeue();
                    continue;
                }

                var wait = timeProvider.GetElapsedTime(timeProvider.GetTimestamp(), due);
                if (wait > TimeSpan.Zero)
                {
                    ArmTimer(wait > Tick ? wait : Tick);
                    break;
                }

                _due.Dequeue();
                _running++;
                taken = target;
                return true;
            }

            _isStarting = false;
            taken = null;
            return false;
        }
    }

    private void ArmTimer(TimeSpan wait)
    {
        _timer ??= timeProvider.CreateTimer(static checker => ((ActiveChecker)checker!).StartDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private async Task RunAsync(CheckTarget target)
    {
        var startedAt = timeProvider.GetTimestamp();
        var settings = _settings;
        CheckResult result;
        try
        {
            result = await settings.Check.RunAsync(target.Endpoint.Address, target.Endpoint.Metadata, stopping).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // A transport that throws breaks its contract; the checker outlives that, and no endpoint is ejected for it.
            result = CheckResult.Inconclusive($"{error.GetType().Name}: {error.Message}");
        }

        Apply(target, result, settings.Options);
        lock (_lock)
        {
            _running--;
            if (!target.IsRemoved)
            {
                target.Due = NextDue(target.Due, startedAt);
                _due.Enqueue(target, target.Due);
            }
        }

        StartDue();
    }

    private void Apply(CheckTarget target, CheckResult result, ActiveCheckOptions options)
    {
        if (stopping.IsCancellationRequested || !TryCount(target, result, options, out var isHeldBack))
        {
            return;
        }

        if (result.Verdict == CheckVerdict.Passed && (target.Passes == options.Rise || (target.Passes > options.Rise && target.Endpoint.IsDown)))
        {
            target.Endpoint.MarkUp();
        }

        observer.OnChecked(target, result, isHeldBack);
    }

    // Under the lock: turning the checks off readmits the endpoints that they have ejected, and none may be ejected after that.
    private bool TryCount(CheckTarget target, CheckResult result, ActiveCheckOptions options, out bool isHeldBack)
    {
        lock (_lock)
        {
            isHeldBack = false;
            if (target.IsRemoved)
            {
                return false;
            }

            target.Count(result.Verdict);
            if (result.Verdict == CheckVerdict.Failed && target.Fails >= options.Fall)
            {
                isHeldBack = !target.Endpoint.MarkDown();
            }

            return true;
        }
    }

    // Those that waited for a place, or for a machine that was suspended, are spread again; otherwise they would stay together.
    private long NextDue(long due, long startedAt)
    {
        var now = timeProvider.GetTimestamp();
        var interval = _settings.Interval;
        return startedAt - due > interval ? now + (long)(random.NextDouble() * interval) : Math.Max(due + interval, now);
    }

    private sealed class Settings(EndpointCheck check, ActiveCheckOptions options, TimeProvider timeProvider)
    {
        public EndpointCheck Check { get; } = check;

        public ActiveCheckOptions Options { get; } = options;

        public long Interval { get; } = Math.Max(1, (long)(options.Interval.TotalSeconds * timeProvider.TimestampFrequency));
    }
}
