using System.Net;

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
    private volatile bool _faultTold;
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
        try
        {
            Services.Instruments.Accepted();
            ArmTimer();
        }
        catch (Exception error)
        {
            _connected = true;
            EndEstablishing();
            NoteFault(error, ClosePhase.Accept);
            _ = EndUnservedAsync(default, server: null);
            return;
        }

        Services.Connector.Start(Destination, _client, Deadline, this, establishing.Token);
    }

    public ByteTotals CountBytes()
    {
        try
        {
            return new(_control.BytesFromClient, _control.BytesToClient, _control.BytesFromServer, _control.BytesToServer);
        }
        catch (Exception error)
        {
            // Somebody else's connection: it counts for nothing, and nobody who counts all sessions is to hear of it.
            TellFault(error);
            return default;
        }
    }

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

        try
        {
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
        catch (Exception error)
        {
            // Nobody looks after the session from here on, so it ends.
            NoteFault(error, ClosePhase.Queue);
            GiveUpEstablishing();
        }
    }

    void IDuplexOwner.OnCopyEnded(in DuplexResult result, Exception? error)
    {
        if (error is not null)
        {
            TellFault(error);
        }

        // Both connections are closed already.
        var server = _lease.Endpoint?.Address;
        try
        {
            Complete();
        }
        catch (Exception thrown)
        {
            TellFault(thrown);
        }

        Conclude(default, server);
    }

    void IConnectOwner.OnConnectEnded(in ConnectOutcome outcome, Exception? error)
    {
        _lease = outcome.Lease;
        _connected = true;
        if (error is not null)
        {
            // A balancer or a transport of somebody else's: its fault ends this session and no other.
            NoteFault(error, ClosePhase.Connect);
        }

        try
        {
            _client.Deadline.Disarm();
        }
        catch (Exception thrown)
        {
            NoteFault(thrown, ClosePhase.Connect);
        }

        EndEstablishing();
        if (!outcome.IsConnected)
        {
            _control.TrySetReason(outcome.Reason);
            _ = EndUnservedAsync(outcome, server: null);
            return;
        }

        try
        {
            StartCopy(outcome.Connection, outcome.IsWarm);
        }
        catch (Exception thrown)
        {
            NoteFault(thrown, ClosePhase.Connect);
            _ = EndUnservedAsync(outcome, outcome.Connection);
        }
    }

    async ValueTask<ServerReplacement> IServerReplacement.ReplaceAsync(CancellationToken cancellationToken)
    {
        // On the client's executor, as everything that touches the lease.
        _lease.Complete();
        var outcome = await Services.Connector.ReconnectAsync(Destination, _client, cancellationToken).ConfigureAwait(false);
        _lease = outcome.Lease;
        return new(outcome.Connection, outcome.Reason);
    }

    private void StartCopy(TransportConnection server, bool isWarm)
    {
        if (isWarm)
        {
            Services.Duplex.Start(_client, server, _control, this, replacement: this);
        }
        else
        {
            NoteConnected();
            Services.Duplex.Start(_client, server, _control, this);
        }
    }

    private async Task EndUnservedAsync(ConnectOutcome outcome, TransportConnection? server)
    {
        // Nobody may take the end for a FIN.
        if (server is not null && await ForeignConnection.ResetAsync(server).ConfigureAwait(false) is { } ofServer)
        {
            TellFault(ofServer);
        }

        if (await ForeignConnection.ResetAsync(_client).ConfigureAwait(false) is { } error)
        {
            TellFault(error);
        }

        Conclude(outcome, _lease.Endpoint?.Address);
    }

    private void Conclude(in ConnectOutcome outcome, EndPoint? server)
    {
        _lease.Complete();

        // Told before it is gone: who waits for the last session to end finds everything counted, logged and given back.
        try
        {
            TellEnd(outcome, server);
        }
        catch (Exception error)
        {
            // Who listens to the meter, or a connection that is asked for its address: what it throws must not keep the places.
            TellFault(error);
        }

        _acceptor.ReleasePlaces(_place);
        Services.Sessions.Remove(this);

        // Afterwards, as the next client is accepted on this: there are never more sessions than the limit.
        _acceptor.Limit.Release();
    }

    private void TellEnd(in ConnectOutcome outcome, EndPoint? server)
    {
        var reason = _control.Reason ?? CloseReason.Normal;
        var duration = Services.TimeProvider.GetElapsedTime(_startedAt);
        Services.Instruments.Closed(reason.Text, duration);
        if (reason.Refusal != Refusal.None)
        {
            Services.Instruments.Refused(reason.Refusal.ToWord());
        }

        LogEnd(outcome, server, reason, duration);
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
                if (_wasLate || left > -TransportTimer.LateMoment)
                {
                    return false;
                }

                (_wasLate, left) = (true, TransportTimer.LateMoment);
            }

            next = left < next ? left : next;
        }

        _client.Deadline.Arm(next, this);
        return true;
    }

    // Whoever takes the source owns it: one that was cancelled is never used again, one that was not serves the next session.
    private void GiveUpEstablishing()
    {
        try
        {
            Interlocked.Exchange(ref _establishing, null)?.Cancel();
        }
        catch (Exception error)
        {
            // What a transport has registered on the token.
            NoteFault(error, ClosePhase.Connect);
        }
    }

    /// <summary>Something of somebody else's threw: the session ends for it, unless another reason is there already.</summary>
    private void NoteFault(Exception error, ClosePhase phase)
    {
        _control.TrySetReason(new(ClosedBy.Proxy, phase));
        TellFault(error);
    }

    // Once: what follows from the first one says nothing new.
    private void TellFault(Exception error)
    {
        if (!_faultTold)
        {
            _faultTold = true;
            Log.Failed(Services.Logger, error, Destination.Name);
        }
    }

    private void EndEstablishing()
    {
        if (Interlocked.Exchange(ref _establishing, null) is { } establishing)
        {
            Services.Establishing.Return(establishing);
        }
    }
}
