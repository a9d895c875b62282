using System.Net;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// Watches the resolver of a destination: applies each answer, keeps the last good set through failures, and records its age. Changed while the destination's lock is
/// held; read on any thread.
/// </summary>
internal sealed partial class DestinationWatch
{
    private readonly Destination _destination;
    private readonly DestinationServices _services;
    private readonly CancellationToken _stopping;
    private readonly RepeatFilter _failureFilter;
    private ResolverWatch _current;
    private long _updates;
    private long _failures;
    private long _goodUntil;
    private EndpointSet _endpoints = EndpointSet.Empty;
    private volatile bool _isResolved;
    private volatile bool _hasHadEndpoints;
    private volatile bool _isStale;
    private volatile Resolution _resolution = Resolution.Pending.Instance;

    /// <param name="destination">The destination, with its options set.</param>
    /// <param name="services">The clock, the source of jitter, and the logger.</param>
    /// <param name="stopping">Cancelled when the destination ends.</param>
    public DestinationWatch(Destination destination, DestinationServices services, CancellationToken stopping)
    {
        _destination = destination;
        _services = services;
        _stopping = stopping;
        _failureFilter = new RepeatFilter(services.TimeProvider);
        _current = new ResolverWatch(destination, destination.Options.Resolver, services, stopping);
    }

    /// <summary>Gets the last answer of the resolver.</summary>
    public Resolution Resolution => _resolution;

    /// <summary>Gets the last set of endpoints from discovery.</summary>
    public EndpointSet Endpoints => Volatile.Read(ref _endpoints);

    /// <summary>Gets the number of good answers that changed or confirmed the set.</summary>
    public long Updates => Volatile.Read(ref _updates);

    /// <summary>Gets the number of failures, and of negative answers in spite of which the set was kept.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Gets a value that indicates whether the resolver has given a set, which may be empty or remembered.</summary>
    public bool IsResolved => _isResolved;

    /// <summary>Gets a value that indicates whether there has been an endpoint.</summary>
    public bool HasHadEndpoints => _hasHadEndpoints;

    /// <summary>Gets a value that indicates whether the set was remembered from an earlier run and has not been confirmed yet.</summary>
    public bool IsStale => _isStale;

    /// <summary>Gets the time for which the set has been kept without a good answer; zero if the last answer is good, or if there has been no good answer.</summary>
    public TimeSpan Age => Volatile.Read(ref _goodUntil) is var since and not 0 ? _services.TimeProvider.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Gets a value that indicates whether the set is the last good one and has no other source.</summary>
    public bool IsKept => Endpoints.Count > 0 && (_isStale || _resolution is Resolution.Failed or Resolution.Pending);

    public void Start() => _current.Start();

    /// <summary>Restarts the watch with the resolver of the options; the set in force stays until that resolver gives an answer.</summary>
    public void Restart()
    {
        var old = _current;
        _current = new ResolverWatch(_destination, _destination.Options.Resolver, _services, _stopping);
        _current.Start();
        _ = old.StopAsync(Destination.ResolverPatience);
    }

    /// <summary>Waits until the watch has ended, at most for the patience. Called after the destination has ended.</summary>
    public Task StopAsync(TimeSpan patience) => _current.StopAsync(patience);

    /// <summary>Gets a value that indicates whether a watch is the one in use.</summary>
    public bool IsCurrent(ResolverWatch watch) => watch == _current;

    /// <summary>Applies an answer of the resolver.</summary>
    public void Apply(Resolution resolution)
    {
        _resolution = resolution;
        switch (resolution)
        {
            case Resolution.Bound { IsStale: true } remembered:
                ApplyStale(remembered.Endpoints);
                break;
            case Resolution.Bound bound:
                UseGood(bound.Endpoints);

                // Last: a thread that sees the count finds the set in force.
                Interlocked.Increment(ref _updates);
                break;
            case Resolution.Negative when _destination.Options.ClearOnNegative:
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
                // Pending is not an answer, neither good nor bad.
                break;
        }
    }

    /// <summary>Drops the set.</summary>
    public void Clear()
    {
        // Logged after the fact: a client that connects once the line is written is refused.
        var dropped = _endpoints.Count;
        UseGood(EndpointSet.Empty);
        Log.Cleared(_services.Logger, _destination.Name, dropped);
    }

    /// <summary>Called when the balancer has thrown and no longer has the set: the next answer is applied even if it is the same.</summary>
    public void Lose(Exception error)
    {
        Volatile.Write(ref _endpoints, EndpointSet.Empty);
        ApplyBad($"the balancer threw {error.GetType().Name}: {error.Message}");
    }

    private void UseGood(EndpointSet endpoints)
    {
        Volatile.Write(ref _goodUntil, 0);
        _isStale = false;
        UseSet(endpoints);
    }

    // Used like any other set, but not an answer: nothing has confirmed it.
    private void ApplyStale(EndpointSet endpoints)
    {
        _isStale = true;
        Interlocked.CompareExchange(ref _goodUntil, _services.TimeProvider.GetTimestamp(), 0);
        UseSet(endpoints);
    }

    private void UseSet(EndpointSet endpoints)
    {
        var before = _endpoints;
        if (!before.Equals(endpoints))
        {
            // In use once the balancer has it; after an exception of the balancer, the next answer is applied even if it is the same.
            _destination.Balancer.Update(endpoints);
            _destination.Health.OnEndpointsChanged();
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
            Interlocked.CompareExchange(ref _goodUntil, _services.TimeProvider.GetTimestamp(), 0);
        }

        if (_failureFilter.TryPass(out var suppressed))
        {
            Log.Kept(_services.Logger, _destination.Name, error, _endpoints.Count, suppressed);
        }
    }

    private void LogChange(EndpointSet before, EndpointSet after)
    {
        var logger = _services.Logger;
        if (!logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        var old = Weights(before);
        var added = 0;
        var reweighted = 0;
        foreach (var (address, weight) in Weights(after))
        {
            if (!old.Remove(address, out var oldWeight))
            {
                added++;
            }
            else if (weight != oldWeight)
            {
                reweighted++;
            }
        }

        Log.Changed(logger, _destination.Name, after.Count, added, old.Count, reweighted);
        var invalid = after.Groups.Sum(static group => group.InvalidWeights);
        if (invalid > 0)
        {
            Log.InvalidWeights(logger, _destination.Name, invalid);
        }
    }

    // By address: one that goes from one branch of a split to another is neither added nor removed.
    private static Dictionary<EndPoint, double> Weights(EndpointSet set)
    {
        var weights = new Dictionary<EndPoint, double>();
        foreach (var group in set.Groups)
        {
            foreach (var endpoint in group.Endpoints)
            {
                weights[endpoint.Address] = weights.GetValueOrDefault(endpoint.Address) + (endpoint.EffectiveWeight * group.Weight);
            }
        }

        return weights;
    }

    private static partial class Log
    {
        [LoggerMessage(3000, LogLevel.Information, "{Name}: {Count} endpoints ({Added} added, {Removed} removed, {Reweighted} re-weighted)", EventName = "EndpointsChanged")]
        public static partial void Changed(ILogger logger, DstPath name, int count, int added, int removed, int reweighted);

        [LoggerMessage(3001, LogLevel.Warning, "{Name}: {Invalid} weights are not finite numbers of 0 or more, and count as 1", EventName = "InvalidWeights")]
        public static partial void InvalidWeights(ILogger logger, DstPath name, int invalid);

        [LoggerMessage(3002, LogLevel.Information, "{Name} does not exist; {Count} endpoints dropped", EventName = "EndpointsCleared")]
        public static partial void Cleared(ILogger logger, DstPath name, int count);

        [LoggerMessage(3003, LogLevel.Warning, "{Name}: {Error}; {Count} endpoints kept ({Suppressed} like this not shown)", EventName = "EndpointsKept")]
        public static partial void Kept(ILogger logger, DstPath name, string error, int count, int suppressed);
    }
}
