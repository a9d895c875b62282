using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// One client connection from accept to close: preludes, route, a server connection, the copy, the conclusion. Up to the start of the copy that is one asynchronous method;
/// while it copies a session is this object, its context, the copy's and the two connections, and no task.
/// </summary>
internal sealed class Session : IRequester, IDuplexOwner, IServerReplacement
{
    private readonly SessionContext _context;
    private readonly DuplexControl _control = new();
    private ClientCount? _place;
    private SessionWait? _wait;
    private SessionTimes? _times;
    private EndpointLease _lease;
    private volatile SessionPhase _phase;
    private volatile bool _faultTold;
    private bool _isAdmitted;
    private bool _isCounted;

    /// <param name="context">The connection, and the properties of the session.</param>
    /// <param name="place">The session's place among those of its client; null if they are not counted, or it is not admitted yet.</param>
    /// <param name="isCounted">True if it has a place of the limit of its destination.</param>
    public Session(SessionContext context, ClientCount? place, bool isCounted)
    {
        _context = context;
        _place = place;
        _isCounted = isCounted;
        _isAdmitted = context.Acceptor.Preludes.Count == 0;
    }

    /// <summary>Its neighbours in the <see cref="SessionList"/>, which owns both.</summary>
    internal Session? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    internal Session? Next { get; set; }

    internal SessionContext Context => _context;

    /// <summary>The endpoint; null while the session is not connected, and when it is over. Any thread.</summary>
    internal ServerEndpoint? Endpoint => _phase == SessionPhase.Copy ? _lease.Endpoint : null;

    TransportExecutor IRequester.Executor => _context.Connection.Executor;

    bool IRequester.IsGone => _context.Connection.IsReset;

    bool IRequester.HasInput => _context.Connection.HasKnownInput;

    bool IRequester.TakesPreconnects => _phase == SessionPhase.Establishing;

    TcpOptions? IRequester.Tcp => Acceptor.Policy.Proxy.Tcp;

    TimeSpan IRequester.ConnectTimeout => Acceptor.Policy.ConnectTimeout;

    IClientContext IRequester.Client => _context;

    private SessionAcceptor Acceptor => _context.Acceptor;

    private SessionServices Services => _context.Acceptor.Services;

    /// <summary>Runs the session; the caller need not do anything more.</summary>
    public void Start()
    {
        var wait = new SessionWait(this);
        _wait = wait;
        Services.Sessions.Add(this);
        _ = RunAsync(wait);
    }

    public ByteTotals CountBytes()
    {
        try
        {
            return new(_control.BytesFromClient, _control.BytesToClient, _control.BytesFromServer, _control.BytesToServer);
        }
        catch (Exception error)
        {
            // A connection that may be user code: it counts for nothing, and code that counts all sessions must not meet its exceptions.
            LogFault(error);
            return default;
        }
    }

    /// <summary>Returns a record of the session now. Any thread.</summary>
    internal SessionRecord Observe() => Report(Endpoint?.Address, null, null).NewRecord();

    /// <summary>Ends the session from outside, in whatever phase it is. Any thread.</summary>
    public bool TryEnd(ClosedBy by)
    {
        var ended = _control.TryEnd(new(by, _phase switch
        {
            SessionPhase.Prelude => ClosePhase.Accept,
            SessionPhase.Copy => ClosePhase.Data,
            _ => ClosePhase.Queue,
        }));
        EndWaiting(null);
        return ended;
    }

    /// <summary>Ends the session in its data phase, because of the state of its endpoint. Any thread.</summary>
    /// <returns>True if this reason is the one that counts.</returns>
    internal bool TryEnd(CloseReason reason) => _control.TryEnd(reason);

    /// <summary>Ends the phases before the copy. Any thread.</summary>
    /// <param name="reason">The reason; null for that of the search for a server connection.</param>
    internal void EndWaiting(CloseReason? reason)
    {
        if (reason is { } why)
        {
            _control.TrySetReason(why);
        }

        try
        {
            _wait?.GiveUp();
        }
        catch (Exception error)
        {
            // Callbacks that a transport has registered on the token.
            RecordFault(error, ClosePhase.Connect);
        }
    }

    /// <summary>Ends the session because user code threw, unless another reason is there already. Any thread.</summary>
    internal void RecordFault(Exception error, ClosePhase phase)
    {
        _control.TrySetReason(new(ClosedBy.Proxy, phase));
        LogFault(error);
    }

    void IDuplexOwner.OnCopyEnded(in DuplexResult result, Exception? error)
    {
        if (error is not null)
        {
            LogFault(error);
        }

        // Both connections are closed already.
        var endpoint = _lease.Endpoint;
        try
        {
            var end = _control.FirstEnd;
            _lease.Complete(new ConnectionReport(_control.BytesFromServer, end.After, end.ByServer));
        }
        catch (Exception thrown)
        {
            LogFault(thrown);
        }

        endpoint?.History.CountBytes(_control.BytesFromServer, _control.BytesToServer);
        Conclude(endpoint?.Address, null, null);
    }

    async ValueTask<ServerReplacement> IServerReplacement.ReplaceAsync(CancellationToken cancellationToken)
    {
        // On the client's executor, as everything that touches the lease.
        _lease.Complete();
        var policy = PolicyOf(_context.Destination!);
        using var patience = new ConnectPatience(policy.ConnectTimeout ?? Acceptor.Policy.ConnectTimeout, Services.TimeProvider, cancellationToken, CancellationToken.None);
        var establishment = Services.Establishments.Get();
        try
        {
            await establishment.RunAsync(_context.Destination!, policy, this, patience.Deadline, patience.Token).ConfigureAwait(false);
            await _context.Connection.Executor.Resume();
            _lease = establishment.Lease;
            _times?.Replace(establishment.Connection);
            return new(establishment.Connection, establishment.Reason);
        }
        catch when (establishment.Connection is { } connection)
        {
            await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
            establishment.Lease.Complete();
            throw;
        }
        finally
        {
            Services.Establishments.Return(establishment);
        }
    }

    // No code holds this task: once the copy runs, its state is garbage.
    private async Task RunAsync(SessionWait wait)
    {
        Establishment? establishment = null;
        string? detail = null;
        try
        {
            Services.Instruments.Accepted();
            if (Acceptor.Preludes.Count > 0)
            {
                detail = await RunPreludesAsync(wait).ConfigureAwait(false);
            }

            if (_control.Reason is null)
            {
                establishment = Services.Establishments.Get();
                await EstablishAsync(establishment, wait).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            // A connection, balancer or transport that may be user code: its fault ends this session and no other.
            RecordFault(error, _phase == SessionPhase.Establishing ? ClosePhase.Connect : ClosePhase.Accept);
        }

        try
        {
            await _context.Connection.Executor.Resume();
        }
        catch (Exception error)
        {
            RecordFault(error, ClosePhase.Connect);
        }

        if (establishment is not null)
        {
            _times?.End(Services.TimeProvider.GetElapsedTime(_context.StartedAt), establishment);
        }

        if (establishment is not { Connection: { } server })
        {
            _control.TrySetReason(establishment?.Reason ?? new(ClosedBy.Proxy, ClosePhase.Accept));
            End(wait, SessionPhase.Unserved);
            await EndUnservedAsync(establishment, detail, server: null).ConfigureAwait(false);
            return;
        }

        _lease = establishment.Lease;
        var isWarm = establishment.IsWarm;
        Services.Establishments.Return(establishment);
        End(wait, SessionPhase.Copy);
        try
        {
            StartCopy(server, isWarm);
        }
        catch (Exception error)
        {
            RecordFault(error, ClosePhase.Connect);
            await EndUnservedAsync(null, detail, server).ConfigureAwait(false);
        }
    }

    /// <summary>Runs the preludes, then admits the session. Without success there is a reason afterwards.</summary>
    /// <returns>A description for the log.</returns>
    private async ValueTask<string?> RunPreludesAsync(SessionWait wait)
    {
        var run = new PreludeRun(_context, Acceptor.MaxPreludeBytes, wait.Token);
        wait.BeginPreludes(run, Acceptor.PreludeTimeout, _context.StartedAt);
        foreach (var prelude in Acceptor.Preludes)
        {
            var result = await prelude.RunAsync(run).ConfigureAwait(false);
            await _context.Connection.Executor.Resume();
            if (result.Reason is { } reason)
            {
                _control.TrySetReason(reason);
            }

            if (_control.Reason is not null)
            {
                return result.Detail;
            }

            run.Next();
        }

        if (Acceptor.TryAdmit(_context, out _place, out _isCounted) is var refusal and not RejectReason.None)
        {
            _control.TrySetReason(CloseReason.Rejected(refusal));
            return await ServerNameRouter.RefuseAsync(_context, refusal).ConfigureAwait(false);
        }

        _isAdmitted = true;
        return null;
    }

    private ValueTask EstablishAsync(Establishment establishment, SessionWait wait)
    {
        var now = Acceptor.Preludes.Count > 0 ? Services.TimeProvider.GetTimestamp() : _context.StartedAt;
        if (Services.Observer is { IsEnabled: true })
        {
            _times = new SessionTimes(Services.TimeProvider.GetElapsedTime(_context.StartedAt, now));
        }

        var destination = _context.Destination!;
        var policy = PolicyOf(destination);
        wait.BeginEstablishing(policy.ConnectTimeout ?? Acceptor.Policy.ConnectTimeout, now);
        _phase = SessionPhase.Establishing;
        destination.Budget.OnSession();
        return establishment.RunAsync(destination, policy, this, wait.Deadline, wait.Token);
    }

    private ConnectOptions PolicyOf(Destination destination) => destination.Options.Connect ?? Acceptor.Policy.Proxy.Connect;

    private void StartCopy(TransportConnection server, bool isWarm)
    {
        if (Services.Observer is { IsEnabled: true, ObservesStarts: true } observer)
        {
            Report(_lease.Endpoint?.Address, null, null).TellStart(observer);
        }

        // Maybe the endpoint began to leave while the session was connecting.
        if (!isWarm && _lease.Endpoint is { IsLeaving: true } && _context.Destination!.Options.DrainTimeout != Timeout.InfiniteTimeSpan)
        {
            Services.Leaving.Begin(_context.Destination);
        }

        Acceptor.Policy.Duplex.Start(_context.Connection, server, _control, this, isWarm ? this : null);
    }

    private async ValueTask EndUnservedAsync(Establishment? establishment, string? detail, TransportConnection? server)
    {
        // The end must not be taken for a FIN.
        if (server is not null && await ForeignConnection.ResetAsync(server).ConfigureAwait(false) is { } ofServer)
        {
            LogFault(ofServer);
        }

        if (await ForeignConnection.ResetAsync(_context.Connection).ConfigureAwait(false) is { } error)
        {
            LogFault(error);
        }

        Conclude(_lease.Endpoint?.Address, establishment, detail);
        if (establishment is not null)
        {
            Services.Establishments.Return(establishment);
        }
    }

    private void Conclude(EndPoint? server, Establishment? failed, string? preludeDetail)
    {
        _lease.Complete();

        // Reported before it is gone: a caller that waits for the last session to end finds everything counted, logged and given back.
        try
        {
            Report(server, failed, preludeDetail).Tell();
        }
        catch (Exception error)
        {
            // A listener of the meter, or a connection that is queried for its address: an exception of theirs must not keep the places.
            LogFault(error);
        }

        if (_isAdmitted)
        {
            Acceptor.ReleasePlaces(_context, _place, _isCounted);
        }

        Services.Sessions.Remove(this);

        // Afterwards, as the next client is accepted on this: the number of sessions never exceeds the limit.
        Acceptor.Limit.Release();
    }

    private SessionReport Report(EndPoint? server, Establishment? failed, string? preludeDetail) => new()
    {
        Context = _context,
        Reason = _control.Reason ?? CloseReason.Normal,
        Server = server,
        Failed = failed,
        PreludeDetail = preludeDetail,
        Times = _times,
        FirstByte = _control.FirstByte,
        Bytes = CountBytes(),
    };

    private void End(SessionWait wait, SessionPhase next)
    {
        _phase = next;
        _wait = null;
        try
        {
            wait.End();
        }
        catch (Exception error)
        {
            RecordFault(error, ClosePhase.Connect);
        }
    }

    // Once: what follows from the first one adds nothing.
    private void LogFault(Exception error)
    {
        if (!_faultTold)
        {
            _faultTold = true;
            SessionReport.TellFault(_context, error);
        }
    }
}
