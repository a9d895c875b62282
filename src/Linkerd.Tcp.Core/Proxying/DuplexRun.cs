using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Proxying;

/// <summary>
/// One copy while it runs. The two directions are relays of their own, which may run on two threads; each ends by itself, and an abnormal end
/// aborts both connections, which ends the rest. State that the directions share is either written once or under the lock.
/// </summary>
internal sealed class DuplexRun : ITimerHandler
{
    private readonly PreconnectGate? _hold;
    private readonly DuplexControl _control;
    private readonly IDuplexOwner _owner;
    private TransportConnection _server;
    private DuplexTimeouts _timeouts = new();
    private Exception? _error;
    private int _running = 2;
    private int _resetting;

    public DuplexRun(
        TransportConnection client,
        TransportConnection server,
        DuplexOptions options,
        IRandomSource random,
        DuplexControl control,
        IDuplexOwner owner,
        IServerReplacement? replacement = null)
    {
        Client = client;
        _server = server;
        Options = options;
        _control = control;
        _owner = owner;
        Clock = client.Executor.TimeProvider;
        StartedAt = Clock.GetTimestamp();
        Up = new HalfDuplex(this, client, server, ClosedBy.Client, ClosedBy.Server, StartedAt);
        Down = new HalfDuplex(this, server, client, ClosedBy.Server, ClosedBy.Client, StartedAt);
        Lifetime = options.Lifetime == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : random.Jitter(options.Lifetime, options.LifetimeJitter);
        _hold = replacement is null ? null : new PreconnectGate(this, Up, Down, replacement);
    }

    public TransportConnection Client { get; }

    public HalfDuplex Up { get; }

    public HalfDuplex Down { get; }

    public DuplexOptions Options { get; }

    public TimeProvider Clock { get; }

    public long StartedAt { get; }

    /// <summary>Gets the limit of the copy's time, with its jitter.</summary>
    public TimeSpan Lifetime { get; }

    public long BytesFromClient => Up.Received;

    public long BytesToServer => Up.Sent;

    public long BytesFromServer => Down.Received;

    public long BytesToClient => Down.Sent;

    public DateTimeOffset LastActivity => Clock.GetUtcNow() - Clock.GetElapsedTime(LastMoved);

    /// <summary>Gets the time at which bytes last moved, either way.</summary>
    public long LastMoved => Math.Max(Up.LastMoved, Down.LastMoved);

    public long Now => Clock.GetTimestamp();

    /// <summary>True if its end is decided.</summary>
    public bool IsEnding => _control.Reason is not null;

    public ClosePhase Phase => Up.IsLast || Down.IsLast ? ClosePhase.Last : ClosePhase.Data;

    /// <summary>Who ended the copy first, and after how long. Once it has ended.</summary>
    public FirstEnd FirstEnd
    {
        get
        {
            // Where we ended it, by a limit or for somebody else, no direction has an end of its own.
            var up = Up.Ended ? Up.EndedAt : long.MaxValue;
            var down = Down.Ended ? Down.EndedAt : long.MaxValue;
            var at = Math.Min(up, down);
            var after = Clock.GetElapsedTime(StartedAt, at == long.MaxValue ? Clock.GetTimestamp() : at);

            // A reset by the server may be found by the direction that sends to it. With both directions open it came before any other end.
            var wasReset = _control.Reason is { By: ClosedBy.Server, Phase: ClosePhase.Data, TimedOut: false };
            return new(wasReset || (Down.EndedWithFin && down < up), after);
        }
    }

    /// <exception cref="InvalidOperationException">The control serves another copy already.</exception>
    public void Start()
    {
        _control.Attach(this);
        if (_control.Reason is not null)
        {
            Abort();
        }

        try
        {
            _timeouts.Start(this);
            if (_hold is { } hold)
            {
                hold.Start();
            }
            else
            {
                StartUp();
                _server.StartRelay(Client, Down);
            }
        }
        catch (Exception error)
        {
            // A call to a connection that may be user code, before either direction began: a relay does not report its exceptions.
            OnFaulted(error);
            EndDirection();
        }
    }

    /// <summary>Starts the direction from the client.</summary>
    public void StartUp()
    {
        if (Options.FirstByteTimeout != Timeout.InfiniteTimeSpan)
        {
            // What was received already is handed over by the relay without a word.
            if (Client.UnreadBytes > 0)
            {
                OnFirstFromClient(Now);
            }
            else
            {
                Up.TellFirst();
            }
        }

        Client.StartRelay(_server, Up);
    }

    /// <summary>The client's first bytes are here, or about to be handed to the server: its time to answer begins. Not asked for where that is not limited.</summary>
    public void OnFirstFromClient(long now) => _timeouts.OnFirstFromClient(this, now);

    /// <summary>A direction is blocked, and does not notice that its source is gone.</summary>
    public void WatchBlocked() => _timeouts.WatchBlocked(this);

    void ITimerHandler.OnTimer()
    {
        try
        {
            _timeouts.Reschedule(this, isTime: true);
        }
        catch (Exception error)
        {
            // Nobody is behind a timer to catch it.
            Fail(error);
        }
    }

    /// <summary>Ends both connections at once, and throws nothing. Any thread. The caller has set the reason before.</summary>
    public void Abort()
    {
        Abort(Client);
        Abort(Volatile.Read(ref _server));
        try
        {
            _hold?.Cancel();
        }
        catch (Exception error)
        {
            RecordFault(error);
        }
    }

    /// <summary>Ends the copy for a reason, if there is none yet.</summary>
    public void EndNow(CloseReason reason)
    {
        _control.TrySetReason(reason);
        Abort();
    }

    /// <summary>Replaces a server connection on which nothing went either way by a fresh one, and closes it. Neither direction may run.</summary>
    public ValueTask ReplaceServerAsync(TransportConnection fresh)
    {
        var old = _server;
        Up.ReplaceDestination(fresh);
        Down.ReplaceSource(fresh);
        Volatile.Write(ref _server, fresh);

        // Either the caller that ends the copy finds the fresh one, or its reason is found here.
        Interlocked.MemoryBarrier();
        if (IsEnding)
        {
            fresh.Abort();
        }

        return old.DisposeAsync();
    }

    /// <summary>Called when a direction is over: passes its end on, if the other side is still open.</summary>
    public void OnEnded(HalfDuplex half, RelayEnd end)
    {
        TransportConnection? survivor;
        try
        {
            survivor = end.AtDestination ? EndUndelivered(half, end.Status) : EndSource(half, end.Status);
        }
        catch (Exception error)
        {
            OnFaulted(error);
            return;
        }

        if (survivor is null || Interlocked.Exchange(ref _resetting, 1) != 0)
        {
            EndDirection();
        }
        else
        {
            _ = ResetAsync(survivor);
        }
    }

    /// <summary>Called when a transport threw, against its contract; its connections must not outlive that. Ends a direction.</summary>
    public void OnFaulted(Exception error)
    {
        Fail(error);
        EndDirection();
    }

    /// <summary>As <see cref="OnFaulted"/>, for callers that are not a direction.</summary>
    public void Fail(Exception error)
    {
        RecordFault(error);
        EndNow(new(ClosedBy.Proxy, Phase));
    }

    // The first one is reported; the others follow from it more often than not.
    private void RecordFault(Exception error) => Interlocked.CompareExchange(ref _error, error, null);

    private void Abort(TransportConnection connection)
    {
        try
        {
            connection.Abort();
        }
        catch (Exception error)
        {
            RecordFault(error);
        }
    }

    /// <summary>Handles a source that has nothing more.</summary>
    /// <returns>The connection that is to be reset for it; null for none.</returns>
    private TransportConnection? EndSource(HalfDuplex half, TransportStatus status)
    {
        if (status == TransportStatus.Ok)
        {
            half.RecordFin();
            half.Destination.ShutdownSend();
            var other = End(half, withFin: true);
            return other.Ended && !other.EndedWithFin ? half.Destination : null;
        }

        if (status == TransportStatus.Aborted)
        {
            return EndAborted();
        }

        _control.TrySetReason(new(half.SourceSide, Phase, status == TransportStatus.TimedOut));
        End(half, withFin: false);
        return half.Destination;
    }

    /// <summary>
    /// Handles a destination that takes nothing more. The bytes that it had sent before it went are still on their way through the other direction, which finds the
    /// same end behind it; only if that direction has ended already does nothing else notify the source.
    /// </summary>
    /// <returns>The connection that is to be reset for it; null for none.</returns>
    private TransportConnection? EndUndelivered(HalfDuplex half, TransportStatus status)
    {
        if (status == TransportStatus.Aborted)
        {
            return EndAborted();
        }

        _control.TrySetReason(new(half.DestinationSide, Phase, status == TransportStatus.TimedOut));
        return End(half, withFin: false).EndedWithFin ? half.Source : null;
    }

    /// <summary>Handles a connection that was aborted on our side; by a caller that has set a reason, or past the copy: its transport ends.</summary>
    private TransportConnection? EndAborted()
    {
        _control.TrySetReason(new(ClosedBy.Proxy, Phase));
        return null;
    }

    /// <summary>Resets a connection after it has acknowledged all that was sent to it: a RST throws away the rest.</summary>
    private async Task ResetAsync(TransportConnection survivor)
    {
        try
        {
            await survivor.FlushToPeerAsync().ConfigureAwait(false);
            Abort();
        }
        catch (Exception error)
        {
            OnFaulted(error);
            return;
        }

        EndDirection();
    }

    /// <summary>Marks a direction as ended, which starts the half-close timeout of the other one.</summary>
    /// <returns>The state of the other direction at that moment; of two that end at once, exactly one sees the other ended.</returns>
    private (bool Ended, bool EndedWithFin) End(HalfDuplex half, bool withFin)
    {
        var other = ReferenceEquals(half, Up) ? Down : Up;
        (bool, bool) state;
        lock (Up)
        {
            half.End(withFin, Clock.GetTimestamp());
            state = (other.Ended, other.EndedWithFin);
        }

        _timeouts.Reschedule(this);
        return state;
    }

    private void EndDirection()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _ = FinishAsync();
        }
    }

    // Each step is done whatever the result of the one before it: the owner waits for the end, and a connection that is not closed is lost.
    private async Task FinishAsync()
    {
        try
        {
            _timeouts.Stop(this);
        }
        catch (Exception error)
        {
            RecordFault(error);
        }

        // A caller that ends the copy from elsewhere may have aborted the one connection and not the other yet; closing that one would send it a FIN.
        if (!_control.TrySetReason(CloseReason.Normal))
        {
            Abort();
        }

        try
        {
            await Client.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            RecordFault(error);
        }

        try
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            RecordFault(error);
        }

        _owner.OnCopyEnded(ResultOf(_control.Reason!.Value), _error);
    }

    private DuplexResult ResultOf(CloseReason reason)
    {
        var duration = Clock.GetElapsedTime(StartedAt);
        try
        {
            return new(reason, BytesFromClient, BytesToServer, BytesFromServer, BytesToClient, duration);
        }
        catch (Exception error)
        {
            RecordFault(error);
            return new(reason, 0, 0, 0, 0, duration);
        }
    }
}
