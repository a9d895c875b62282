namespace Linkerd.Tcp;

/// <summary>
/// The server connections of a destination that are made before they are needed, so that a session does not wait for a handshake: so many are kept, none
/// for longer than its time, none that the server has closed, none to an endpoint that is draining, ejected or gone. Any thread.
/// </summary>
internal sealed partial class WarmPool : IAsyncDisposable
{
    private static readonly TimeSpan Upkeep = TimeSpan.FromSeconds(1);

    private readonly Destination _destination;
    private readonly Connector _connector;
    private readonly WarmOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly Backoff _backoff;
    private readonly Lock _lock = new();
    private readonly List<WarmConnection> _idle = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;
    private TransportConnection? _near;
    private int _connecting;
    private long _pausedUntil;
    private bool _isStopped;

    public WarmPool(Destination destination, Connector connector, WarmOptions options, IRandomSource random, TimeProvider timeProvider)
    {
        _destination = destination;
        _connector = connector;
        _options = options;
        _timeProvider = timeProvider;
        _backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), random);
        destination.Balancer.Changed += OnChanged;
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = timeProvider.CreateTimer(static pool => ((WarmPool)pool!).LookAfter(), this, TimeSpan.Zero, Upkeep);
        }
    }

    /// <summary>How many are ready.</summary>
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

    /// <summary>Takes a connection for a session: the youngest, one of the client's own loop before others.</summary>
    /// <returns>Whether there was a good one.</returns>
    public bool TryTake(TransportConnection client, out WarmConnection taken)
    {
        while (TryTakeAny(client, out taken))
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
        WarmConnection[] left;
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
            _destination.Balancer.Changed -= OnChanged;
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Somebody else's balancer, or what a transport has registered on the token: the connections are closed all the same.
            await Task.CompletedTask.ConfigureAwait(false);
        }

        foreach (var connection in left)
        {
            await CloseAsync(connection).ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    private bool TryTakeAny(TransportConnection client, out WarmConnection taken)
    {
        lock (_lock)
        {
            _near = client;
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (ReferenceEquals(_idle[i].Connection.Executor, client.Executor) || i == 0)
                {
                    var index = ReferenceEquals(_idle[i].Connection.Executor, client.Executor) ? i : _idle.Count - 1;
                    taken = _idle[index];
                    _idle.RemoveAt(index);
                    return true;
                }
            }
        }

        taken = default;
        return false;
    }

    private static async Task CloseAsync(WarmConnection connection)
    {
        try
        {
            await connection.Connection.Executor.Resume();
            await connection.Connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Somebody else's connection, which no session has had: the end of it, again, and its load is given back.
            await ForeignConnection.ResetAsync(connection.Connection).ConfigureAwait(false);
        }

        connection.Lease.Complete();
    }
}
