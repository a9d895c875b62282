namespace Linkerd.Tcp;

/// <summary>One client connection from accept to close: gets a server connection, then copies.</summary>
internal sealed partial class ClientSession : ITimerHandler, IDisposable
{
    // How soon a client that reset its connection while it waits is noticed.
    private static readonly TimeSpan PresenceCheck = TimeSpan.FromMilliseconds(250);

    private readonly SessionServices _services;
    private readonly Destination _destination;
    private readonly TransportConnection _client;
    private readonly DuplexControl _control = new();
    private readonly CancellationTokenSource _establishing = new();
    private readonly LinkedListNode<ClientSession> _node;
    private readonly long _startedAt;
    private readonly long _deadline;
    private volatile bool _connected;

    public ClientSession(SessionServices services, Destination destination, TransportConnection client)
    {
        _services = services;
        _destination = destination;
        _client = client;
        _node = new LinkedListNode<ClientSession>(this);
        _startedAt = services.TimeProvider.GetTimestamp();
        var timeout = services.Options.ConnectTimeout;
        _deadline = timeout == Timeout.InfiniteTimeSpan
            ? Connector.NoDeadline
            : _startedAt + (long)(timeout.TotalSeconds * services.TimeProvider.TimestampFrequency);
    }

    /// <summary>Runs the session; it takes care of itself from here.</summary>
    public void Start()
    {
        _services.Sessions.Add(_node);
        _services.Instruments.Accepted();
        _ = RunAsync();
    }

    public ByteTotals CountBytes() => new(_control.BytesFromClient, _control.BytesToClient, _control.BytesFromServer, _control.BytesToServer);

    /// <summary>Ends the session from outside, in whatever phase it is. Any thread.</summary>
    public bool TryEnd(ClosedBy by)
    {
        var ended = _control.TryEnd(new(by, _connected ? ClosePhase.Data : ClosePhase.Queue));
        CancelEstablishing();
        return ended;
    }

    /// <summary>While a server connection is looked for: is the client still there, and is there time left?</summary>
    void ITimerHandler.OnTimer()
    {
        if (_connected)
        {
            return;
        }

        if (_client.PeerGone)
        {
            _control.TrySetReason(new(ClosedBy.Client, ClosePhase.Queue));
            CancelEstablishing();
        }
        else if (!ArmTimer())
        {
            CancelEstablishing();
        }
    }

    /// <summary>Called by its own run, at its end.</summary>
    public void Dispose() => _establishing.Dispose();

    private async Task RunAsync()
    {
        var outcome = default(ConnectOutcome);
        try
        {
            ArmTimer();
            outcome = await _services.Connector.ConnectAsync(_destination, _client, _deadline, _establishing.Token).ConfigureAwait(false);
            await _client.Executor.Resume();
            _connected = true;
            _client.Deadline.Disarm();
            if (outcome.IsConnected)
            {
                await _services.Duplex.RunAsync(_client, outcome.Connection, _control).ConfigureAwait(false);
            }
            else
            {
                _control.TrySetReason(outcome.Reason);
            }
        }
        catch (Exception error)
        {
            // A resolver, a balancer or a transport of somebody else's: its fault ends this session and no other.
            _control.TrySetReason(new(ClosedBy.Proxy, _connected ? ClosePhase.Data : ClosePhase.Connect));
            Log.Failed(_services.Logger, error, _destination.Name);
        }
        finally
        {
            await EndAsync(outcome).ConfigureAwait(false);
        }
    }

    private async ValueTask EndAsync(ConnectOutcome outcome)
    {
        // After a normal copy both connections are closed, and this does nothing; in any other case nobody may take the end for a FIN.
        _client.Abort();
        await _client.DisposeAsync().ConfigureAwait(false);
        var server = outcome.Lease.Endpoint?.Address;
        outcome.Lease.Dispose();
        Dispose();

        // Told before it is gone: who waits for the last session to end finds everything counted and logged.
        var reason = _control.Reason ?? CloseReason.Normal;
        var duration = _services.TimeProvider.GetElapsedTime(_startedAt);
        _services.Instruments.Closed(reason.ToString(), duration);
        LogEnd(outcome, server, reason, duration);
        _services.Sessions.Remove(_node);
        _services.Limit.Release();
    }

    /// <summary>Arms the timer for the next look; false where the deadline is over.</summary>
    private bool ArmTimer()
    {
        var next = PresenceCheck;
        if (_deadline != Connector.NoDeadline)
        {
            var left = _services.TimeProvider.GetElapsedTime(_services.TimeProvider.GetTimestamp(), _deadline);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            next = left < next ? left : next;
        }

        _client.Deadline.Arm(next, this);
        return true;
    }

    private void CancelEstablishing()
    {
        try
        {
            _establishing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The session ended by itself at the same moment.
            return;
        }
    }
}
