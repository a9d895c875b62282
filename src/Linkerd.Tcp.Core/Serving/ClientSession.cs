namespace Linkerd.Tcp;

/// <summary>
/// One client connection from accept to close: gets a server connection, then copies. While it copies it is this object, the copy's and the
/// two connections', and no task.
/// </summary>
internal sealed partial class ClientSession : ITimerHandler, IConnectOwner, IDuplexOwner, IServerReplacement
{
    // How soon a client that reset its connection while it waits is noticed.
    private static readonly TimeSpan PresenceCheck = TimeSpan.FromMilliseconds(250);

    private readonly SessionAcceptor _acceptor;
    private readonly TransportConnection _client;
    private readonly ClientCount? _place;
    private readonly DuplexControl _control = new();
    private readonly long _startedAt;
    private CancellationTokenSource? _establishing;
    private EndpointLease _lease;
    private volatile bool _connected;
    private bool _wasLate;

    /// <param name="acceptor">Whose session it is; given back to it is what it took for the session.</param>
    /// <param name="client">The connection.</param>
    /// <param name="place">The session's place among those of its client address; null where they are not counted.</param>
    public ClientSession(SessionAcceptor acceptor, TransportConnection client, ClientCount? place)
    {
        _acceptor = acceptor;
        _client = client;
        _place = place;
        _startedAt = Services.TimeProvider.GetTimestamp();
    }

    /// <summary>Its neighbours in the <see cref="SessionList"/>, which owns both.</summary>
    internal ClientSession? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    internal ClientSession? Next { get; set; }

    private SessionServices Services => _acceptor.Services;

    internal Destination Destination => _acceptor.Destination;

    // A FIN may be a half-close, after which the client still waits for its answer, so it counts only where the options say so.
    private bool ClientLeft => Services.Options.AbortOnClose ? _client.PeerFinished : _client.PeerGone;

    private long Deadline => Services.Connector.PolicyOf(Destination).ConnectTimeout is var timeout && timeout == Timeout.InfiniteTimeSpan
        ? Connector.NoDeadline
        : _startedAt + (long)(timeout.TotalSeconds * Services.TimeProvider.TimestampFrequency);

    /// <summary>Runs the session; it takes care of itself from here.</summary>
    public void Start()
    {
        var establishing = Services.Establishing.Get();
        _establishing = establishing;
        Services.Sessions.Add(this);
        Services.Instruments.Accepted();
        ArmTimer();
        Services.Connector.Start(Destination, _client, Deadline, this, establishing.Token);
    }

    public ByteTotals CountBytes() => new(_control.BytesFromClient, _control.BytesToClient, _control.BytesFromServer, _control.BytesToServer);

    /// <summary>Ends the session from outside, in whatever phase it is. Any thread.</summary>
    public bool TryEnd(ClosedBy by)
    {
        var ended = _control.TryEnd(new(by, _connected ? ClosePhase.Data : ClosePhase.Queue));
        GiveUpEstablishing();
        return ended;
    }

    /// <summary>While a server connection is looked for: is the client still there, and is there time left?</summary>
    void ITimerHandler.OnTimer()
    {
        if (_connected)
        {
            return;
        }

        if (ClientLeft)
        {
            _control.TrySetReason(new(ClosedBy.Client, ClosePhase.Queue));
            GiveUpEstablishing();
        }
        else if (!ArmTimer())
        {
            GiveUpEstablishing();
        }
    }

    void IDuplexOwner.OnCopyEnded(in DuplexResult result, Exception? error)
    {
        if (error is not null)
        {
            Log.Failed(Services.Logger, error, Destination.Name);
        }

        // Both connections are closed already.
        NoteClosed();
        Conclude(default);
    }

    void IConnectOwner.OnConnectEnded(in ConnectOutcome outcome, Exception? error)
    {
        _lease = outcome.Lease;
        _connected = true;
        _client.Deadline.Disarm();
        EndEstablishing();
        if (error is not null)
        {
            // A balancer or a transport of somebody else's: its fault ends this session and no other.
            _control.TrySetReason(new(ClosedBy.Proxy, ClosePhase.Connect));
            Log.Failed(Services.Logger, error, Destination.Name);
        }

        if (outcome.IsConnected && outcome.IsWarm)
        {
            Services.Duplex.Start(_client, outcome.Connection, _control, this, replacement: this);
        }
        else if (outcome.IsConnected)
        {
            NoteConnected();
            Services.Duplex.Start(_client, outcome.Connection, _control, this);
        }
        else
        {
            _control.TrySetReason(outcome.Reason);
            _ = EndUnservedAsync(outcome);
        }
    }

    async ValueTask<ServerReplacement> IServerReplacement.ReplaceAsync(CancellationToken cancellationToken)
    {
        // On the client's executor, as everything that touches the lease.
        _lease.Dispose();
        var outcome = await Services.Connector.ReconnectAsync(Destination, _client, cancellationToken).ConfigureAwait(false);
        _lease = outcome.Lease;
        return new(outcome.Connection, outcome.Reason);
    }

    private async Task EndUnservedAsync(ConnectOutcome outcome)
    {
        // Nobody may take the end for a FIN.
        _client.Abort();
        await _client.DisposeAsync().ConfigureAwait(false);
        Conclude(outcome);
    }

    private void Conclude(in ConnectOutcome outcome)
    {
        var server = _lease.Endpoint?.Address;
        _lease.Dispose();

        // Told before it is gone: who waits for the last session to end finds everything counted, logged and given back.
        var reason = _control.Reason ?? CloseReason.Normal;
        var duration = Services.TimeProvider.GetElapsedTime(_startedAt);
        Services.Instruments.Closed(reason.Text, duration);
        if (reason.Refusal != Refusal.None)
        {
            Services.Instruments.Refused(reason.Refusal.ToWord());
        }

        LogEnd(outcome, server, reason, duration);
        _acceptor.ReleasePlaces(_place);
        Services.Sessions.Remove(this);

        // Afterwards, as the next client is accepted on this: there are never more sessions than the limit.
        _acceptor.Limit.Release();
    }

    /// <summary>Arms the timer for the next look; false where the deadline is over.</summary>
    private bool ArmTimer()
    {
        var next = PresenceCheck;
        if (Deadline is var deadline and not Connector.NoDeadline)
        {
            var left = Services.TimeProvider.GetElapsedTime(Services.TimeProvider.GetTimestamp(), deadline);
            if (left <= TimeSpan.Zero)
            {
                // A look that comes so late was held up: the process was stopped. What came meanwhile, such as a free place, gets a moment to be used.
                if (_wasLate || left > -Connector.LateMoment)
                {
                    return false;
                }

                (_wasLate, left) = (true, Connector.LateMoment);
            }

            next = left < next ? left : next;
        }

        _client.Deadline.Arm(next, this);
        return true;
    }

    // Whoever takes the source owns it: one that was cancelled is never used again, one that was not serves the next session.
    private void GiveUpEstablishing() => Interlocked.Exchange(ref _establishing, null)?.Cancel();

    private void EndEstablishing()
    {
        if (Interlocked.Exchange(ref _establishing, null) is { } establishing)
        {
            Services.Establishing.Return(establishing);
        }
    }
}
