using System.Globalization;
using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Dialing.Checking;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Routing;

/// <summary>Handles the events of a destination's endpoints other than discovery: checks, ejections, leaving, and their log messages. Any thread.</summary>
internal sealed partial class DestinationHealth : IEndpointObserver, ICheckObserver, IDialObserver
{
    private readonly Destination _destination;
    private readonly DestinationServices _services;
    private readonly CancellationToken _stopping;
    private readonly RepeatFilter _ejectedFilter;
    private readonly RepeatFilter _readmittedFilter;
    private readonly RepeatFilter _heldBackFilter;
    private readonly RepeatFilter _handlerFilter;
    private readonly RepeatFilter _onlyFilter;
    private volatile ActiveChecker? _checker;
    private long _checksPassed;
    private long _checksFailed;
    private long _checksInconclusive;

    // The only endpoint, if it is down and that was logged.
    private volatile ServerEndpoint? _onlyIsDown;
    private long _onlyDownSince;

    /// <param name="destination">The destination.</param>
    /// <param name="services">The dialer of checks, the clock, the source of jitter, and the logger.</param>
    /// <param name="stopping">Cancelled when the destination ends.</param>
    public DestinationHealth(Destination destination, DestinationServices services, CancellationToken stopping)
    {
        _destination = destination;
        _services = services;
        _stopping = stopping;
        _ejectedFilter = new RepeatFilter(services.TimeProvider);
        _readmittedFilter = new RepeatFilter(services.TimeProvider);
        _heldBackFilter = new RepeatFilter(services.TimeProvider);
        _handlerFilter = new RepeatFilter(services.TimeProvider);
        _onlyFilter = new RepeatFilter(services.TimeProvider);
    }

    /// <summary>Occurs when an endpoint is drained or removed, or the time for which it may stay has changed. Raised under locks: handlers neither block nor call back.</summary>
    public event Action<Destination>? EndpointLeaving;

    /// <summary>Occurs when an endpoint is down and its sessions are to be ended. Raised under the same locks as <see cref="EndpointLeaving"/>.</summary>
    public event Action<ServerEndpoint>? EndpointDown;

    /// <summary>Gets the number of checks by result; null if nothing is checked.</summary>
    public (long Passed, long Failed, long Inconclusive)? Checks => _checker is null
        ? null
        : (Volatile.Read(ref _checksPassed), Volatile.Read(ref _checksFailed), Volatile.Read(ref _checksInconclusive));

    /// <summary>Starts, stops or changes the checks according to the options. Endpoints that stay keep their state; without checks no endpoint is down. Calls are serialized.</summary>
    public void Configure()
    {
        var checker = _checker;
        if (_destination.Options.Check is not { } options)
        {
            _checker = null;
            checker?.Stop();
            foreach (var endpoint in Down())
            {
                endpoint.MarkUp();
            }

            return;
        }

        var check = new EndpointCheck(_services.Checks.Value, options, () => _destination.ConnectPolicy, _services.TimeProvider, _destination.Setup.Current);
        if (checker is null)
        {
            _checker = checker = new ActiveChecker(check, options, this, _services.TimeProvider, _services.Random, _stopping);
            checker.Update(_destination.Balancer.Endpoints);
        }
        else
        {
            checker.Configure(check, options);
        }
    }

    /// <summary>Ends the checks.</summary>
    public void Stop() => _checker?.Stop();

    /// <summary>Called when the balancer has a new set.</summary>
    public void OnEndpointsChanged()
    {
        var endpoints = _destination.Balancer.Endpoints;
        foreach (var endpoint in endpoints)
        {
            // Each endpoint, as a balancer may have several pools of endpoints.
            endpoint.ObserveWith(this);
        }

        _checker?.Update(endpoints);
    }

    /// <summary>Raises the events that a change of options causes for endpoints that are already leaving or down.</summary>
    public void OnConfigured(DestinationOptions before, DestinationOptions after)
    {
        if (after.DrainTimeout != before.DrainTimeout)
        {
            EndpointLeaving?.Invoke(_destination);
        }

        if (after.Check is { CloseSessionsOnDown: true } && before.Check is not { CloseSessionsOnDown: true })
        {
            foreach (var endpoint in Down())
            {
                EndpointDown?.Invoke(endpoint);
            }
        }
    }

    void IEndpointObserver.OnEjection(ServerEndpoint endpoint, EjectionCause before, EjectionCause after)
    {
        int suppressed;
        var added = after & ~before;
        if (added != EjectionCause.None && _ejectedFilter.TryPass(out suppressed))
        {
            Log.Ejected(_services.Logger, _destination.Name, endpoint.Address, added, suppressed);
        }
        else if (after == EjectionCause.None && _readmittedFilter.TryPass(out suppressed))
        {
            Log.Readmitted(_services.Logger, _destination.Name, endpoint.Address, before, suppressed);
        }

        if ((added & EjectionCause.Check) != 0 && _destination.Options.Check is { CloseSessionsOnDown: true })
        {
            EndpointDown?.Invoke(endpoint);
        }
    }

    void IEndpointObserver.OnHandlerThrew(Exception error)
    {
        if (_handlerFilter.TryPass(out var suppressed))
        {
            Log.ChangedHandlerThrew(_services.Logger, error, _destination.Name, suppressed);
        }
    }

    void IEndpointObserver.OnLeaving(ServerEndpoint endpoint) => EndpointLeaving?.Invoke(_destination);

    void ICheckObserver.OnChecked(CheckTarget target, CheckResult result, bool isHeldBack)
    {
        if (result.Verdict != CheckVerdict.Inconclusive)
        {
            target.Endpoint.History.RecordCheck(result.Verdict == CheckVerdict.Passed);
        }

        if (result.Verdict == CheckVerdict.Passed)
        {
            Interlocked.Increment(ref _checksPassed);
            return;
        }

        Interlocked.Increment(ref result.Verdict == CheckVerdict.Failed ? ref _checksFailed : ref _checksInconclusive);
        Log.CheckFailed(_services.Logger, _destination.Name, target.Endpoint.Address, result.Verdict, result.Detail, target.Fails);
        if (isHeldBack && _heldBackFilter.TryPass(out var suppressed))
        {
            Log.HeldBack(_services.Logger, _destination.Name, target.Endpoint.Address, result.Detail, suppressed);
        }
    }

    /// <summary>
    /// Called when a connect has failed. If other endpoints can take the sessions, only an ejection is logged; the only endpoint is never ejected, and a session retries it until it gives up.
    /// </summary>
    void IDialObserver.OnConnectFailed(ServerEndpoint endpoint, string detail, ConnectOptions policy, TimeSpan connectTimeout)
    {
        if (_onlyIsDown == endpoint || _destination.Balancer.Endpoints.Count != 1 || !_onlyFilter.TryPass(out var suppressed))
        {
            return;
        }

        (_onlyDownSince, _onlyIsDown) = (_services.TimeProvider.GetTimestamp(), endpoint);
        var patience = policy.MaxAttempts == 1 ? "each session tries it once"
            : connectTimeout == Timeout.InfiniteTimeSpan ? "each session tries it until its client leaves"
            : string.Create(CultureInfo.InvariantCulture, $"each session tries it for up to {connectTimeout.TotalSeconds:0.###} s");
        Log.OnlyIsDown(_services.Logger, _destination.Name, endpoint.Address, detail, patience, suppressed);
    }

    /// <summary>Called when a connect has succeeded.</summary>
    void IDialObserver.OnConnected(ServerEndpoint endpoint)
    {
        if (_onlyIsDown is { } down && down == endpoint && Interlocked.CompareExchange(ref _onlyIsDown, null, down) == down)
        {
            Log.OnlyIsBack(_services.Logger, _destination.Name, endpoint.Address, _services.TimeProvider.GetElapsedTime(_onlyDownSince).TotalSeconds);
        }
    }

    private IEnumerable<ServerEndpoint> Down() => _destination.Balancer.Endpoints.Where(static endpoint => endpoint.IsDown);

    private static partial class Log
    {
        [LoggerMessage(3004, LogLevel.Warning, "{Name}: no connection to {Endpoint}, the only endpoint: {Detail}; {Patience} ({Suppressed} like this not shown)", EventName = "OnlyEndpointDown")]
        public static partial void OnlyIsDown(ILogger logger, DstPath name, EndPoint endpoint, string detail, string patience, int suppressed);

        [LoggerMessage(3005, LogLevel.Information, "{Name}: {Endpoint} takes connections again, after {Seconds:0.0} s", EventName = "OnlyEndpointBack")]
        public static partial void OnlyIsBack(ILogger logger, DstPath name, EndPoint endpoint, double seconds);

        [LoggerMessage(3010, LogLevel.Warning, "{Name}: {Endpoint} is ejected ({Cause}; {Suppressed} like this not shown)", EventName = "EndpointEjected")]
        public static partial void Ejected(ILogger logger, DstPath name, EndPoint endpoint, EjectionCause cause, int suppressed);

        [LoggerMessage(3011, LogLevel.Information, "{Name}: {Endpoint} is back (it was ejected: {Cause}; {Suppressed} like this not shown)", EventName = "EndpointReadmitted")]
        public static partial void Readmitted(ILogger logger, DstPath name, EndPoint endpoint, EjectionCause cause, int suppressed);

        [LoggerMessage(3012, LogLevel.Debug, "{Name}: a check of {Endpoint} is {Verdict}: {Detail} ({Fails} failed in a row)", EventName = "CheckFailed")]
        public static partial void CheckFailed(ILogger logger, DstPath name, EndPoint endpoint, CheckVerdict verdict, string? detail, int fails);

        [LoggerMessage(3013, LogLevel.Warning,
            "{Name}: {Endpoint} fails its checks, and is not ejected, as it is the only one, or MaxEjectedShare is reached: {Detail} ({Suppressed} like this not shown)",
            EventName = "EjectionHeldBack")]
        public static partial void HeldBack(ILogger logger, DstPath name, EndPoint endpoint, string? detail, int suppressed);

        [LoggerMessage(3021, LogLevel.Error, "{Name}: a handler of the balancer's Changed event threw ({Suppressed} like this not shown)", EventName = "ChangedHandlerThrew")]
        public static partial void ChangedHandlerThrew(ILogger logger, Exception error, DstPath name, int suppressed);
    }
}
