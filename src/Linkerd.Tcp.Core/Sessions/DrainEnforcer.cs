using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Ends the sessions of endpoints that leave or are down, if the options of their destinations require it. Nothing is kept for a session, and nothing runs, except while an endpoint
/// that has sessions leaves: then all sessions are looked at, once a second. Any thread.
/// </summary>
internal sealed partial class DrainEnforcer : IDisposable
{
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(50);

    private readonly SessionList _sessions;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly IRandomSource _random;
    private readonly HashSet<Destination> _watched = [];
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private TimeSpan _period = MaxPeriod;
    private HashSet<ServerEndpoint>? _down;
    private long _lookedAt;
    private bool _isAwake;
    private bool _wasCalled;

    public DrainEnforcer(SessionList sessions, ILogger logger, TimeProvider timeProvider, IRandomSource random)
    {
        _sessions = sessions;
        _logger = logger;
        _timeProvider = timeProvider;
        _random = random;
        _timer = timeProvider.CreateTimer(static leaving => ((DrainEnforcer)leaving!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Watches the sessions to a destination, if its options require it.</summary>
    public void Watch(Destination destination)
    {
        lock (_lock)
        {
            if (!_watched.Add(destination))
            {
                return;
            }
        }

        destination.Health.EndpointLeaving += Begin;
        destination.Health.EndpointDown += OnDown;
    }

    /// <summary>Ends the watch that <see cref="Watch"/> began.</summary>
    public void Unwatch(Destination destination)
    {
        lock (_lock)
        {
            _watched.Remove(destination);
        }

        destination.Health.EndpointLeaving -= Begin;
        destination.Health.EndpointDown -= OnDown;
    }

    /// <summary>Called when an endpoint of a destination has begun to leave, or its time has changed.</summary>
    public void Begin(Destination destination)
    {
        var timeout = destination.Options.DrainTimeout;
        lock (_lock)
        {
            if (timeout != Timeout.InfiniteTimeSpan)
            {
                // Short times are looked at more often, or all sessions would end in one go.
                var period = timeout / 20;
                period = period > MinPeriod ? period : MinPeriod;
                _period = period < _period ? period : _period;
            }

            _wasCalled = true;
            if (!_isAwake)
            {
                _isAwake = true;
                _lookedAt = _timeProvider.GetTimestamp();
                _timer.Change(_period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        Destination[] watched;
        lock (_lock)
        {
            watched = [.. _watched];
        }

        foreach (var destination in watched)
        {
            destination.Health.EndpointLeaving -= Begin;
            destination.Health.EndpointDown -= OnDown;
        }

        _timer.Dispose();
    }

    private void OnDown(ServerEndpoint endpoint)
    {
        lock (_lock)
        {
            _down ??= [];
            _down.Add(endpoint);

            // At once, but not here: the caller holds locks.
            _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void Look()
    {
        HashSet<ServerEndpoint>? down;
        TimeSpan passed;
        lock (_lock)
        {
            (down, _down) = (_down, null);
            var now = _timeProvider.GetTimestamp();
            passed = _isAwake ? _timeProvider.GetElapsedTime(_lookedAt, now) : TimeSpan.Zero;
            _lookedAt = now;
            _wasCalled = false;
        }

        var waiting = true;
        var threw = false;
        try
        {
            waiting = EndDue(down, passed);
        }
        catch (Exception error)
        {
            // On a timer's thread; the next look may do better.
            Log.Threw(_logger, error);
            threw = true;
        }

        lock (_lock)
        {
            if (threw && down is not null)
            {
                (_down ??= []).UnionWith(down);
            }

            _isAwake = waiting || _wasCalled;
            if (_down is not null || _isAwake)
            {
                _timer.Change(_down is not null && !threw ? TimeSpan.Zero : _period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <returns>True if sessions of endpoints that leave still have time.</returns>
    private bool EndDue(HashSet<ServerEndpoint>? down, TimeSpan passed)
    {
        var due = new List<(Session Session, CloseReason Reason)>();
        var waiting = false;
        _sessions.Visit(session =>
        {
            if (ReasonToEnd(session, down, passed, ref waiting) is { } reason)
            {
                due.Add((session, reason));
            }
        });
        var ended = due.Count(item => item.Session.TryEnd(item.Reason));
        if (ended > 0)
        {
            Log.Ended(_logger, ended);
        }

        return waiting;
    }

    private CloseReason? ReasonToEnd(Session session, HashSet<ServerEndpoint>? down, TimeSpan passed, ref bool waiting)
    {
        if (session.Endpoint is not { } endpoint)
        {
            return null;
        }

        if (down is not null && down.Contains(endpoint))
        {
            return new(ClosedBy.Down, ClosePhase.Data);
        }

        var limit = session.Context.Destination!.Options.DrainTimeout;
        if (limit == Timeout.InfiniteTimeSpan || endpoint.LeavingFor(out var isDrained) is not { } leaving)
        {
            return null;
        }

        if (IsDue(leaving, passed, limit))
        {
            return new(isDrained ? ClosedBy.Operator : ClosedBy.Down, ClosePhase.Data, timedOut: true);
        }

        waiting = true;
        return null;
    }

    // A time drawn uniformly between half and all of the limit, without keeping it: a session that is still there at one look is due by the next one with the
    // share that lies between them of the remainder.
    private bool IsDue(TimeSpan leaving, TimeSpan passed, TimeSpan limit)
    {
        var half = limit / 2;
        if (leaving <= half || leaving >= limit)
        {
            return leaving >= limit;
        }

        var from = leaving - passed > half ? leaving - passed : half;
        return _random.NextDouble() * (limit - from) < leaving - from;
    }

    private static partial class Log
    {
        [LoggerMessage(4006, LogLevel.Information, "{Sessions} sessions ended, as their endpoints are down, or were drained or removed for long enough", EventName = "LeavingEnded")]
        public static partial void Ended(ILogger logger, int sessions);

        [LoggerMessage(4009, LogLevel.Error, "ending the sessions of endpoints that leave threw; it is tried again", EventName = "LeavingThrew")]
        public static partial void Threw(ILogger logger, Exception error);
    }
}
