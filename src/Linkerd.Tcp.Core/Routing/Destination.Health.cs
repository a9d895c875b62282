namespace Linkerd.Tcp;

/// <content>What happens to its endpoints beside discovery: checks, ejections, leaving.</content>
public sealed partial class Destination : IEndpointObserver, ICheckObserver, IDialObserver
{
    private static readonly ConnectPolicy DefaultPolicy = new();

    private readonly RepeatFilter _ejectedFilter;
    private readonly RepeatFilter _readmittedFilter;
    private readonly RepeatFilter _heldBackFilter;
    private readonly RepeatFilter _handlerFilter;
    private readonly ActiveChecker? _checker;
    private volatile ConnectPolicy? _proxyPolicy;
    private volatile ConnectPolicy? _servedWith;
    private long _checksPassed;
    private long _checksFailed;
    private long _checksInconclusive;

    /// <summary>One of its endpoints is drained, or was removed. Raised under locks: handlers neither block nor call back.</summary>
    internal event Action? EndpointLeaving;

    /// <summary>One of its endpoints is down, and its sessions are to end. Raised as <see cref="EndpointLeaving"/> is.</summary>
    internal event Action<Endpoint>? EndpointDown;

    /// <summary>How long sessions of endpoints that leave may go on.</summary>
    internal TimeSpan DrainTimeout => _options.DrainTimeout;

    /// <summary>Whether sessions of endpoints that are down end.</summary>
    internal bool ClosesSessionsOnDown => _options.Check is { CloseSessionsOnDown: true };

    /// <summary>How its checks connect: as the sessions of the first proxy that serves it.</summary>
    internal ConnectPolicy CheckPolicy => _proxyPolicy ?? Connect ?? DefaultPolicy;

    /// <summary>How many checks there were, by result; null where nothing is checked.</summary>
    internal (long Passed, long Failed, long Inconclusive)? Checks => _checker is null
        ? null
        : (Volatile.Read(ref _checksPassed), Volatile.Read(ref _checksFailed), Volatile.Read(ref _checksInconclusive));

    /// <summary>A proxy serves it: what its options do not say is as the proxy's say.</summary>
    /// <param name="policy">The proxy's.</param>
    /// <param name="tcp">The proxy's.</param>
    /// <param name="before">The policy that the same proxy has served with so far. With null only the first proxy has a say.</param>
    internal void ServeWith(ConnectPolicy policy, TcpOptions tcp, ConnectPolicy? before = null)
    {
        if (_servedWith is null || ReferenceEquals(_servedWith, before))
        {
            _proxyPolicy = (Connect ?? policy).WithTcp(tcp);
            _servedWith = policy;
        }
    }

    void IEndpointObserver.OnEjection(Endpoint endpoint, EjectionCause before, EjectionCause after)
    {
        int suppressed;
        var added = after & ~before;
        if (added != EjectionCause.None && _ejectedFilter.TryPass(out suppressed))
        {
            Log.Ejected(_logger, Name, endpoint.Address, added, suppressed);
        }
        else if (after == EjectionCause.None && _readmittedFilter.TryPass(out suppressed))
        {
            Log.Readmitted(_logger, Name, endpoint.Address, before, suppressed);
        }

        if ((added & EjectionCause.Check) != 0 && ClosesSessionsOnDown)
        {
            EndpointDown?.Invoke(endpoint);
        }
    }

    void IEndpointObserver.OnHandlerThrew(Exception error)
    {
        if (_handlerFilter.TryPass(out var suppressed))
        {
            Log.ChangedHandlerThrew(_logger, error, Name, suppressed);
        }
    }

    void IEndpointObserver.OnLeaving(Endpoint endpoint) => EndpointLeaving?.Invoke();

    void ICheckObserver.OnChecked(CheckTarget target, CheckResult result, bool isHeldBack)
    {
        if (result.Verdict == CheckVerdict.Passed)
        {
            Interlocked.Increment(ref _checksPassed);
            return;
        }

        Interlocked.Increment(ref result.Verdict == CheckVerdict.Failed ? ref _checksFailed : ref _checksInconclusive);
        Log.CheckFailed(_logger, Name, target.Endpoint.Address, result.Verdict, result.Detail, target.Fails);
        if (isHeldBack && _heldBackFilter.TryPass(out var suppressed))
        {
            Log.HeldBack(_logger, Name, target.Endpoint.Address, result.Detail, suppressed);
        }
    }

    /// <summary>The balancer has a new set.</summary>
    private void OnEndpointsChanged()
    {
        var endpoints = Balancer.Endpoints;
        foreach (var endpoint in endpoints)
        {
            // Each, as somebody's own balancer may be made of several.
            endpoint.ObserveWith(this);
        }

        _checker?.Update(endpoints);
    }
}
