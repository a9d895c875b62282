using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// The establishment of a server connection for one session, or one caller of a library: picks an endpoint or waits in the destination's queue, dials, and on failure tries
/// another endpoint at once, within the retry budget. It holds the state of that, and in the end its result. For one use, and after <see cref="Reset"/> for another.
/// </summary>
/// <param name="dialer">Connects.</param>
/// <param name="random">The source of the back-off's jitter.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class Establishment(Dialer dialer, IRandomSource random, TimeProvider timeProvider)
{
    public const long NoDeadline = long.MaxValue;

    private const int RefusalsPerTurn = 16;

    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(1);

    // A connection of a panic takes the one place that its endpoint has. It must be free again soon, so that an endpoint that is back is found within 1 s although the kernel repeats a SYN only after 1 s.
    private static readonly TimeSpan PanicPatience = TimeSpan.FromMilliseconds(750);

    // Zero would be no limit (ConnectOptions.Timeout).
    private static readonly TimeSpan MinAttempt = TimeSpan.FromMilliseconds(1);

    private Destination _destination = null!;
    private ConnectOptions _policy = null!;
    private IRequester _requester = null!;
    private CancellationToken _cancellationToken;
    private long _deadline;
    private EndpointLease _lease;
    private ConnectResult _last;
    private CloseReason? _reason;
    private string? _detail;
    private TriedEndpoints? _tried;
    private Backoff? _backoff;
    private int _freeRefusals;
    private long _pickedAt;
    private TimeSpan _pause;
    private bool _isOver;

    /// <summary>The connection; null if there is none. It belongs to the requester, and so does the lease.</summary>
    public TransportConnection? Connection => _last.Connection;

    /// <summary>True if there is a connection.</summary>
    [MemberNotNullWhen(true, nameof(Connection))]
    public bool IsConnected => _last.IsConnected;

    /// <summary>The right to use the endpoint, as long as the connection lives.</summary>
    public EndpointLease Lease => _lease;

    /// <summary>True if the connection was made before it was needed; it may be replaced while the client has not sent a byte.</summary>
    public bool IsWarm { get; private set; }

    /// <summary>The number of attempts to connect.</summary>
    public int Attempts { get; private set; }

    /// <summary>The endpoint of the last attempt; null if there was no attempt.</summary>
    public ServerEndpoint? LastEndpoint { get; private set; }

    /// <summary>The number of endpoints at which they failed, each counted once.</summary>
    public int Endpoints => _tried?.Count ?? 0;

    /// <summary>The time from the pick to the end of the last attempt.</summary>
    public TimeSpan LastAttempt { get; private set; }

    /// <summary>The time in the queue of the destination, of all waits together.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>The last failure of an attempt; <see cref="ConnectFailure.None"/> if there was no attempt, or the last one succeeded.</summary>
    public ConnectFailure LastFailure => _last.Failure;

    /// <summary>The reason why there is no connection.</summary>
    public CloseReason Reason => _reason ?? _last.Failure switch
    {
        ConnectFailure.LocalResources => new(ClosedBy.Resources, ClosePhase.Connect),
        ConnectFailure.TimedOut or ConnectFailure.Cancelled => new(ClosedBy.Server, ClosePhase.Connect, timedOut: true),
        _ => new(ClosedBy.Server, ClosePhase.Connect),
    };

    /// <summary>A description for the log of why there is no connection.</summary>
    public string? Detail => _detail ?? _last.Detail;

    private bool IsCancelled => _cancellationToken.IsCancellationRequested;

    /// <summary>Runs it, once. Throws the exceptions that a balancer or a transport throws against its contract; the lease is given back then, and an existing connection is still the requester's.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="policy">The options of the connection.</param>
    /// <param name="requester">The requester.</param>
    /// <param name="deadline">The timestamp after which the result is not needed any more, or <see cref="NoDeadline"/>. The owner of the deadline cancels the token then.</param>
    /// <param name="cancellationToken">Cancelled at the deadline, and if the requester gives up for another reason.</param>
    public ValueTask RunAsync(Destination destination, ConnectOptions policy, IRequester requester, long deadline, CancellationToken cancellationToken)
    {
        _destination = destination;
        _policy = policy;
        _requester = requester;
        _deadline = deadline;
        _cancellationToken = cancellationToken;
        return RunAsync();
    }

    /// <summary>Clears the state, for another use. The result belongs to other code by now.</summary>
    public void Reset()
    {
        (_destination, _policy, _requester, _cancellationToken, _deadline) = (null!, null!, null!, default, 0);
        (_lease, _last, _reason, _detail, _tried, _backoff) = (default, default, null, null, null, null);
        (_freeRefusals, _pickedAt, _pause, _isOver) = (0, 0, default, false);
        (IsWarm, Attempts, LastAttempt, Waited, LastEndpoint) = (false, 0, default, default, null);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RunAsync()
    {
        try
        {
            _isOver = TryTakeWarm();
            while (!_isOver)
            {
                // Waiting and connecting may complete elsewhere; a balancer is called on the requester's executor.
                await TakeTurn();
                var isPicked = TryPick(out var picked);
                if (!isPicked && WaitFor(picked) is { } waiter)
                {
                    await waiter.Task.ConfigureAwait(false);
                    Waited += timeProvider.GetElapsedTime(_pickedAt);
                    isPicked = TakeServed(waiter, picked);
                }

                if (isPicked)
                {
                    dialer.CountAttempt();
                    _last = await dialer.ConnectAsync(NewRequest(), _cancellationToken).ConfigureAwait(false);
                    _last = _destination.Setup.For(_requester.Client) is null ? await Dialer.CheckAsync(_last).ConfigureAwait(false) : await SetUpAsync().ConfigureAwait(false);
                    AfterDial();
                }

                if (_pause != TimeSpan.Zero && !_isOver)
                {
                    _isOver = !await ExecutorDelay.WaitAsync(TakePause(), _requester.Executor, timeProvider, _cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch
        {
            _lease.Complete();
            throw;
        }
    }

    /// <summary>
    /// Continues on the requester's executor. On loopback a connect is refused within the call: one that meets many refusals in a row lets others have their turn in between.
    /// </summary>
    private TransportExecutor.ResumeAwaitable TakeTurn() =>
        _freeRefusals > 0 && _freeRefusals % RefusalsPerTurn == 0 ? _requester.Executor.Yield() : _requester.Executor.Resume();

    private bool TryTakeWarm()
    {
        if (!_requester.TakesPreconnects || _destination.Preconnects.Pool is not { } pool || !_destination.Setup.TakesPreconnects(_requester.Client) || !pool.TryTake(_requester.Executor, out var taken))
        {
            return false;
        }

        _last = ConnectResult.Connected(taken.Connection);
        _lease = taken.Lease;
        IsWarm = true;
        return true;
    }

    private bool TryPick(out PickResult picked)
    {
        _pickedAt = timeProvider.GetTimestamp();
        if (Attempts == 0 && !_destination.Waiters.IsEmpty)
        {
            // Behind those that wait already.
            picked = _destination.IsResolved ? PickResult.AtLimit : PickResult.Empty;
            return false;
        }

        var context = new PickContext
        {
            Session = _requester.Client,
            Tried = _tried is null ? default : _tried.Round,
            TriedIndex = _tried?.AsIndex,
            Timestamp = _pickedAt,
        };
        picked = _destination.Balancer.Pick(in context, out _lease);
        if (picked == PickResult.Picked)
        {
            return true;
        }

        if (_destination.CannotSucceed(picked))
        {
            // One that has tried reports that.
            Stop(Attempts == 0 ? CloseReason.Rejected(RejectReason.NoEndpoint) : null, Attempts == 0 ? _destination.Describe(picked) : null);
        }
        else if (Attempts > 0 && picked != PickResult.AtLimit)
        {
            // Every existing endpoint was tried: one of them again, but not at once.
            PauseFirst();
        }

        return false;
    }

    /// <summary>Takes a place in the queue.</summary>
    /// <returns>The place; null if there is none, or nothing to wait for.</returns>
    private PendingSession? WaitFor(PickResult picked)
    {
        if (_isOver || _pause != TimeSpan.Zero)
        {
            return null;
        }

        if (IsCancelled)
        {
            StopWaiting(picked);
            return null;
        }

        var waiter = _destination.Waiters.TryEnqueue(_requester, _tried, _cancellationToken);
        if (waiter is null)
        {
            Stop(CloseReason.Rejected(RejectReason.PendingSessionsFull), $"{_destination.Options.MaxPendingSessions} sessions wait already: {_destination.Describe(picked)}");
        }

        return waiter;
    }

    /// <summary>Takes the result of the wait.</summary>
    /// <returns>True if that is a lease.</returns>
    private bool TakeServed(PendingSession waiter, PickResult waitedFor)
    {
        ref readonly var waited = ref waiter.Result;
        _lease = waited.Lease;
        if (waited.Picked == PickResult.Picked && !IsCancelled)
        {
            _pickedAt = timeProvider.GetTimestamp();
            return true;
        }

        // A place that came too late is given back untouched.
        _lease.Complete();
        if (waited.CannotSucceed)
        {
            Stop(CloseReason.Rejected(RejectReason.NoEndpoint), _destination.Describe(waited.Picked));
        }
        else if (waited.IsTriedOut && !IsCancelled)
        {
            // None but those that it has tried: as if it had not waited.
            PauseFirst();
        }
        else
        {
            StopWaiting(waitedFor);
        }

        return false;
    }

    /// <summary>Ends without a place. One that has tried already reports that instead.</summary>
    private void StopWaiting(PickResult waitedFor)
    {
        if (_requester.IsGone)
        {
            Stop(new(ClosedBy.Client, ClosePhase.Queue), null);
        }
        else if (Attempts == 0)
        {
            Stop(new(ClosedBy.Server, ClosePhase.Queue, timedOut: true), _destination.Describe(waitedFor));
        }
        else
        {
            Stop(null, null);
        }
    }

    private void AfterDial()
    {
        Attempts++;
        LastAttempt = timeProvider.GetElapsedTime(_pickedAt);
        var endpoint = LastEndpoint = _lease.Endpoint!;
        dialer.Report(_lease, in _last, LastAttempt, IsCutShort(), _policy, _policy.ConnectTimeout ?? _requester.ConnectTimeout, _destination.Health);
        if (_last.IsConnected)
        {
            Stop(null, null);
            return;
        }

        var failure = _last.Failure;
        var isFree = failure != ConnectFailure.LocalResources && (_tried ??= new TriedEndpoints()).Add(endpoint) && IsFree(endpoint);
        if (isFree)
        {
            _freeRefusals++;
            _isOver = IsCancelled;
        }
        else if (IsCancelled || HasNoAttemptLeft())
        {
            Stop(null, null);
        }
        else if (!_destination.Budget.TryRetry())
        {
            Stop(CloseReason.Rejected(RejectReason.RetryBudget), $"{_last.Detail ?? failure.ToString()}; the destination has spent its retry budget");
        }
        else if (failure == ConnectFailure.LocalResources && Attempts >= _policy.SourceAddresses.Count)
        {
            // Short of local resources, another endpoint helps no more than this one; another local address may.
            PauseFirst();
        }
    }

    // A refusal costs a server nothing, and takes one round trip. It is no evidence against the others, and its endpoint's breaker keeps refusals few. Once for each endpoint and session: however many endpoints refuse, a session ends. An endpoint that was picked as a probe, or in a panic, is known to fail.
    private bool IsFree(ServerEndpoint endpoint) =>
        _last.Failure == ConnectFailure.Refused && _policy.MaxAttempts > 1 && !_lease.IsProbe && endpoint.HasBreaker;

    // The only endpoint is tried again; but not if nothing is to be tried twice.
    private bool HasNoAttemptLeft() =>
        Attempts - _freeRefusals >= _policy.MaxAttempts && (_policy.MaxAttempts == 1 || _destination.Balancer.Endpoints.Count != 1);

    // An endpoint that was given less time than it has a right to, as the session's own deadline came first, is not to blame. One that had nearly all of its time is: timers may fire a little early, and the deadline may be all the time that an attempt ever gets.
    private bool IsCutShort()
    {
        if (_last.Failure != ConnectFailure.TimedOut || _deadline == NoDeadline || _lease.Kind == LeaseKind.Panic)
        {
            return false;
        }

        var fair = Shorter(_policy.AttemptTimeout, _policy.ConnectTimeout ?? _requester.ConnectTimeout);
        return fair == Timeout.InfiniteTimeSpan || LastAttempt < fair * 0.9;
    }

    private void PauseFirst()
    {
        var first = _policy.RetryBackoff;
        _tried?.StartOver();
        _backoff ??= new Backoff(random, first, first < MaxBackoff ? MaxBackoff : first);
        _pause = _backoff.Next();
        _isOver = IsCancelled;
    }

    private TimeSpan TakePause()
    {
        var pause = _pause;
        _pause = TimeSpan.Zero;
        return pause;
    }

    private void Stop(CloseReason? reason, string? detail) => (_isOver, _reason, _detail) = (true, reason, detail);

    private DialRequest NewRequest() => new()
    {
        Address = _lease.Endpoint!.Address,
        Policy = _policy,
        Tcp = _policy.Tcp ?? _requester.Tcp,
        Timeout = TimeoutOf(),
        Executor = _requester.Executor,
        SendsAtOnce = _requester.HasInput,
        Setup = _destination.Setup.For(_requester.Client),
        Metadata = _lease.Endpoint!.Metadata,
        Client = _requester.Client,
    };

    private async ValueTask<ConnectResult> SetUpAsync()
    {
        var request = NewRequest();
        var checkedConnection = await Dialer.CheckAsync(_last).ConfigureAwait(false);
        return request.Setup is null ? checkedConnection : await dialer.SetUpAsync(checkedConnection, request, _pickedAt, _cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An attempt never outlives the deadline.</summary>
    private TimeSpan TimeoutOf()
    {
        var timeout = _policy.AttemptTimeout;
        if (_lease.Kind == LeaseKind.Panic)
        {
            var patience = _lease.Endpoint!.UsualLatency * 4;
            timeout = Shorter(timeout, patience > PanicPatience ? patience : PanicPatience);
        }

        if (_deadline == NoDeadline)
        {
            return timeout;
        }

        // One that is long over was so already before this attempt: the process was stopped. Then the owner of the deadline grants a moment, and ends that.
        var left = timeProvider.GetElapsedTime(_pickedAt, _deadline);
        left = left < -TransportTimer.LateMoment ? TransportTimer.LateMoment : left;
        return Shorter(timeout, left > MinAttempt ? left : MinAttempt);
    }

    private static TimeSpan Shorter(TimeSpan timeout, TimeSpan other) => timeout == Timeout.InfiniteTimeSpan || other < timeout ? other : timeout;
}
