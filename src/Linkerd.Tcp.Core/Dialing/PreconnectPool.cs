using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing;

/// <summary>
/// The server connections of a destination that are made before they are needed, so that a session does not wait for a handshake: a fixed number is kept, none
/// for longer than its time, none that the server has closed, none to an endpoint that is draining, ejected or gone. Any thread.
/// </summary>
internal sealed class PreconnectPool : IAsyncDisposable
{
    private static readonly TimeSpan Upkeep = TimeSpan.FromSeconds(1);

    // The number that a pool makes at once; the rest follows as these are done.
    private const int MaxConnecting = 16;

    private readonly ILoadBalancer _balancer;
    private readonly Dialer _dialer;
    private readonly IDialObserver _observer;
    private readonly Func<ConnectionSetup?> _setup;
    private readonly TimeProvider _timeProvider;
    private readonly Backoff _backoff;
    private readonly Lock _lock = new();
    private readonly List<Preconnection> _idle = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;
    private ConnectOptions _policy;
    private PreconnectOptions _options;
    private TransportExecutor? _executor;
    private int _connecting;
    private long _pausedUntil;
    private bool _isStopped;

    /// <param name="balancer">Picks their endpoints.</param>
    /// <param name="dialer">Makes the connections.</param>
    /// <param name="policy">The options of connections.</param>
    /// <param name="observer">The destination.</param>
    /// <param name="setup">Gets the steps on each connection; null if there are none.</param>
    /// <param name="options">Their number, and the time for which they are kept.</param>
    /// <param name="random">The source of the back-off's jitter.</param>
    /// <param name="timeProvider">The clock.</param>
    public PreconnectPool(
        ILoadBalancer balancer, Dialer dialer, ConnectOptions policy, IDialObserver observer, Func<ConnectionSetup?> setup, PreconnectOptions options, IRandomSource random, TimeProvider timeProvider)
    {
        _balancer = balancer;
        _dialer = dialer;
        _policy = policy;
        _observer = observer;
        _setup = setup;
        _options = options;
        _timeProvider = timeProvider;
        _backoff = new Backoff(random, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));
        balancer.Changed += Fill;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = timeProvider.CreateTimer(static pool => ((PreconnectPool)pool!).Maintain(), this, TimeSpan.Zero, Upkeep);
        }
    }

    /// <summary>The number of connections that are ready.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Takes other options. Connections beyond a lower number are closed, the oldest first; those that are kept were made by the old policy.</summary>
    public void Configure(PreconnectOptions options, ConnectOptions policy)
    {
        List<Preconnection> surplus = [];
        lock (_lock)
        {
            (_options, _policy) = (options, policy);
            if (_idle.Count - options.Connections is var count and > 0)
            {
                surplus = _idle[..count];
                _idle.RemoveRange(0, count);
            }
        }

        surplus.ForEach(static connection => _ = CloseAsync(connection));
        Fill();
    }

    /// <summary>Takes a connection for a session: the youngest, one of the session's own loop before others.</summary>
    /// <returns>True if there was a good one.</returns>
    public bool TryTake(TransportExecutor executor, out Preconnection taken)
    {
        while (TryTakeAny(executor, out taken))
        {
            if (taken.IsGood)
            {
                Fill();
                return true;
            }

            _ = CloseAsync(taken);
        }

        Fill();
        return false;
    }

    /// <summary>Closes them all, and makes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        Preconnection[] left;
        lock (_lock)
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
            left = [.. _idle];
            _idle.Clear();
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        try
        {
            _balancer.Changed -= Fill;
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // A balancer that may be user code, or a callback that a transport has registered on the token: the connections are closed all the same.
        }

        foreach (var connection in left)
        {
            await CloseAsync(connection).ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    private bool TryTakeAny(TransportExecutor executor, out Preconnection taken)
    {
        lock (_lock)
        {
            _executor = executor;
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (ReferenceEquals(_idle[i].Connection.Executor, executor) || i == 0)
                {
                    var index = ReferenceEquals(_idle[i].Connection.Executor, executor) ? i : _idle.Count - 1;
                    taken = _idle[index];
                    _idle.RemoveAt(index);
                    return true;
                }
            }
        }

        taken = default;
        return false;
    }

    /// <summary>Closes connections that are too old or no good, and fills up.</summary>
    private void Maintain()
    {
        var now = _timeProvider.GetTimestamp();
        List<Preconnection>? bad = null;
        lock (_lock)
        {
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (_timeProvider.GetElapsedTime(_idle[i].Since, now) >= _options.MaxIdle || !_idle[i].IsGood)
                {
                    (bad ??= []).Add(_idle[i]);
                    _idle.RemoveAt(i);
                }
            }
        }

        bad?.ForEach(static connection => _ = CloseAsync(connection));
        Fill();
    }

    private void Fill()
    {
        while (true)
        {
            TransportExecutor? executor;
            lock (_lock)
            {
                if (_isStopped || _connecting >= MaxConnecting || _idle.Count + _connecting >= _options.Connections
                    || _timeProvider.GetTimestamp() < _pausedUntil)
                {
                    return;
                }

                _connecting++;
                executor = _executor;
            }

            _ = AddAsync(executor);
        }
    }

    private async Task AddAsync(TransportExecutor? executor)
    {
        var made = default(Preconnection);
        try
        {
            made = await ConnectAsync(executor).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A balancer or a transport that may be user code; the next session that picks will report it.
            made = default;
        }

        if (!Keep(made) && made.Connection is not null)
        {
            await CloseAsync(made).ConfigureAwait(false);
        }
        else if (made.Connection is not null)
        {
            Fill();
        }
    }

    /// <summary>Makes one attempt, never to an endpoint that is ejected.</summary>
    /// <returns>Without a connection if it failed.</returns>
    private async ValueTask<Preconnection> ConnectAsync(TransportExecutor? executor)
    {
        var started = _timeProvider.GetTimestamp();
        var picked = _balancer.Pick(new PickContext { Timestamp = started }, out var lease);
        if (picked != PickResult.Picked || lease.IsProbe)
        {
            lease.Complete();
            return default;
        }

        var result = default(ConnectResult);
        try
        {
            var endpoint = lease.Endpoint!;
            _dialer.CountAttempt();
            var policy = _policy;
            var request = new DialRequest { Address = endpoint.Address, Policy = policy, Timeout = policy.AttemptTimeout, Executor = executor, Setup = _setup(), Metadata = endpoint.Metadata };
            result = await _dialer.DialAsync(request, _stopping.Token).ConfigureAwait(false);
            _dialer.Report(lease, result, _timeProvider.GetElapsedTime(started), isCutShort: false, policy, policy.ConnectTimeout ?? ConnectOptions.DefaultConnectTimeout, _observer);
        }
        catch
        {
            // The endpoint must not carry its result for good.
            lease.Complete();
            if (result.Connection is { } connection)
            {
                await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
            }

            throw;
        }

        if (!result.IsConnected)
        {
            return default;
        }

        return new(result.Connection, lease, _timeProvider.GetTimestamp());
    }

    private bool Keep(Preconnection made)
    {
        lock (_lock)
        {
            _connecting--;
            if (made.Connection is null)
            {
                _pausedUntil = _timeProvider.GetTimestamp() + (long)(_backoff.Next().TotalSeconds * _timeProvider.TimestampFrequency);
                return false;
            }

            _backoff.Reset();
            if (_isStopped || _idle.Count >= _options.Connections)
            {
                return false;
            }

            _idle.Add(made);
            return true;
        }
    }

    private static async Task CloseAsync(Preconnection connection)
    {
        try
        {
            await connection.Connection.Executor.Resume();
            await connection.Connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // A connection that may be user code and that no session has had: the end of it, again, and its load is given back.
            await ForeignConnection.ResetAsync(connection.Connection).ConfigureAwait(false);
        }

        connection.Lease.Complete();
    }
}
