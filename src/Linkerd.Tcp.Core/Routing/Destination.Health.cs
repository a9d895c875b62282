using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Dialing.Checking;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <content>What happens to its endpoints beside discovery: checks, ejections, leaving.</content>
public sealed partial class Destination : IEndpointObserver, ICheckObserver, IDialObserver
{
    private static readonly ConnectOptions DefaultPolicy = new();

    private readonly RepeatFilter _ejectedFilter;
    private readonly RepeatFilter _readmittedFilter;
    private readonly RepeatFilter _heldBackFilter;
    private readonly RepeatFilter _handlerFilter;
    private volatile ActiveChecker? _checker;
    private (ConnectOptions Policy, TcpOptions Tcp)? _server;
    private volatile ConnectOptions? _proxyPolicy;
    private long _checksPassed;
    private long _checksFailed;
    private long _checksInconclusive;

    /// <summary>One of its endpoints is drained, or was removed, or may stay for another time. Raised under locks: handlers neither block nor call back.</summary>
    internal event Action<Destination>? EndpointLeaving;

    /// <summary>One of its endpoints is down, and its sessions are to end. Raised as <see cref="EndpointLeaving"/> is.</summary>
    internal event Action<ServerEndpoint>? EndpointDown;

    /// <summary>How long sessions of endpoints that leave may go on.</summary>
    internal TimeSpan DrainTimeout => _options.DrainTimeout;

    /// <summary>Whether sessions of endpoints that are down end.</summary>
    internal bool ClosesSessionsOnDown => _options.Check is { CloseSessionsOnDown: true };

    /// <summary>How its checks connect: as the sessions of the first proxy that serves it.</summary>
    internal ConnectOptions CheckPolicy => _proxyPolicy ?? Connect ?? DefaultPolicy;

    /// <summary>How many checks there were, by result; null where nothing is checked.</summary>
    internal (long Passed, long Failed, long Inconclusive)? Checks => _checker is null
        ? null
        : (Volatile.Read(ref _checksPassed), Volatile.Read(ref _checksFailed), Volatile.Read(ref _checksInconclusive));

    /// <summary>A proxy serves it: what its options do not say is as the proxy's say.</summary>
    /// <param name="policy">The proxy's.</param>
    /// <param name="tcp">The proxy's.</param>
    /// <param name="before">The policy that the same proxy has served with so far. With null only the first proxy has a say.</param>
    internal void ServeWith(ConnectOptions policy, TcpOptions tcp, ConnectOptions? before = null)
    {
        if (_proxyPolicy is null || before is not null)
        {
            lock (_applying)
            {
                if (_server is null || ReferenceEquals(_server.Value.Policy, before))
                {
                    _server = (policy, tcp);
                    ConfigureCheckPolicy();
                }
            }
        }
    }

    void IEndpointObserver.OnEjection(ServerEndpoint endpoint, EjectionCause before, EjectionCause after)
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

    void IEndpointObserver.OnLeaving(ServerEndpoint endpoint) => EndpointLeaving?.Invoke(this);

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

    /// <summary>Has those who end sessions look at what other options mean for endpoints that are leaving, or down, already.</summary>
    private void TellLeaving(DestinationOptions before)
    {
        if (DrainTimeout != before.DrainTimeout)
        {
            EndpointLeaving?.Invoke(this);
        }

        if (ClosesSessionsOnDown && before.Check is not { CloseSessionsOnDown: true })
        {
            foreach (var endpoint in _balancer.Endpoints.Where(static endpoint => endpoint.IsDown))
            {
                EndpointDown?.Invoke(endpoint);
            }
        }
    }

    private bool IsOverridden => _balancer is LoadBalancer own ? own.IsOverridden : _balancer.Endpoints.Any(static endpoint => endpoint.IsOverridden);

    private void ConfigureCheckPolicy()
    {
        if (_server is { } server)
        {
            var own = (Connect ?? server.Policy).Copy();
            own.Tcp ??= server.Tcp;
            _proxyPolicy = own;
        }
    }

    /// <summary>Starts to check, stops, or checks as other options say. Endpoints that stay are as up or down as they were; nobody is down without checks.</summary>
    private void ConfigureChecks(ActiveCheckOptions? options)
    {
        var checker = _checker;
        if (options is null)
        {
            _checker = null;
            checker?.Stop();
            foreach (var endpoint in _balancer.Endpoints.Where(static endpoint => endpoint.IsDown))
            {
                endpoint.MarkUp();
            }

            return;
        }

        var check = new EndpointCheck(_services.Checks.Value, options, () => CheckPolicy, _timeProvider, Header);
        if (checker is null)
        {
            _checker = checker = new ActiveChecker(check, options, this, _timeProvider, _random, _stopping);
            checker.Update(_balancer.Endpoints);
        }
        else
        {
            checker.Configure(check, options);
        }
    }

    /// <summary>The balancer has a new set.</summary>
    private void OnEndpointsChanged()
    {
        var endpoints = _balancer.Endpoints;
        foreach (var endpoint in endpoints)
        {
            // Each, as a balancer may have several pools of endpoints.
            endpoint.ObserveWith(this);
        }

        _checker?.Update(endpoints);
    }
}
