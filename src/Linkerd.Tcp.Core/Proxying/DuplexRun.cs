using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Proxying;

/// <summary>
/// Represents one running copy. The two directions are separate relays, which may run on two threads. Each ends on its own; an abnormal end
/// aborts both connections, which ends the other direction. State that the directions share is either written once or guarded by the lock.
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

    /// <summary>Gets the time limit of the copy, with its jitter.</summary>
    public TimeSpan Lifetime { get; }

    public long BytesFromClient => Up.Received;

    public long BytesToServer => Up.Sent;

    public long BytesFromServer => Down.Received;

    public long BytesToClient => Down.Sent;

    /// <summary>Gets the time from the start of the copy to the first bytes of the server; null if none came.</summary>
    public TimeSpan? FirstByte => Down.FirstReceived is { } at ? Clock.GetElapsedTime(StartedAt, at) : null;

    public DateTimeOffset LastActivity => Clock.GetUtcNow() - Clock.GetElapsedTime(LastMoved);

    /// <summary>Gets the time at which bytes last moved in either direction.</summary>
    public long LastMoved => Math.Max(Up.LastMoved, Down.LastMoved);

    public long Now => Clock.GetTimestamp();

    /// <summary>Gets a value that indicates whether the reason of the end is set.</summary>
    public bool IsEnding => _control.Reason is not null;

    public ClosePhase Phase => Up.IsLast || Down.IsLast ? ClosePhase.Last : ClosePhase.Data;

    /// <summary>Gets the side that ended the copy first, and the time until then. Valid once the copy has ended.</summary>
    public FirstEnd FirstEnd
    {
        get
        {
            // If the proxy ended the copy, by a limit or by a call, no direction has an end of its own.
            var up = Up.Ended ? Up.EndedAt : long.MaxValue;
            var down = Down.Ended ? Down.EndedAt : long.MaxValue;
            var at = Math.Min(up, down);
            var after = Clock.GetElapsedTime(StartedAt, at == long.MaxValue ? Clock.GetTimestamp() : at);

            // A reset by the server may be found by the direction that sends to it. If both directions are open, it came before any other end.
            var wasReset = _control.Reason is { By: ClosedBy.Server, Phase: ClosePhase.Data, TimedOut: false };
            return new(wasReset || (Down.EndedWithFin && down < up), after);
        }
    }

    /// <exception cref="InvalidOperationException">The control already serves another copy.</exception>
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
            // The connection may be user code, and no direction has begun: a relay does not report its exceptions.
            OnFaulted(error);
            EndDirection();
        }
    }

    /// <summary>Starts the direction from the client.</summary>
    public void StartUp()
    {
        if (Options.FirstByteTimeout != Timeout.InfiniteTimeSpan)
        {
            // The relay sends the bytes that were already received without a notification.
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

    /// <summary>Called when the client's first bytes have come or are about to be sent to the server: the first-byte timeout of the server starts. Not called if it is not limited.</summary>
    public void OnFirstFromClient(long now) => _timeouts.OnFirstFromClient(this, now);

    /// <summary>Called when a direction is blocked, and cannot notice the loss of its source.</summary>
    public void WatchBlocked() => _timeouts.WatchBlocked(this);

    void ITimerHandler.OnTimer()
    {
        try
        {
            _timeouts.Reschedule(this, isTime: true);
        }
        catch (Exception error)
        {
            // An exception on a timer's thread has no other handler.
            Fail(error);
        }
    }

    /// <summary>Aborts both connections; does not throw. Any thread. The caller has set the reason before.</summary>
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

    /// <summary>Ends the copy with a reason, unless one is set.</summary>
    public void EndNow(CloseReason reason)
    {
        _control.TrySetReason(reason);
        Abort();
    }

    /// <summary>Replaces a server connection on which no bytes were transferred by a new one, and closes it. Neither direction may run.</summary>
    public ValueTask ReplaceServerAsync(TransportConnection fresh)
    {
        var old = _server;
        Up.ReplaceDestination(fresh);
        Down.ReplaceSource(fresh);
        Volatile.Write(ref _server, fresh);

        // Either the caller that ends the copy finds the new connection, or its reason is found here.
        Interlocked.MemoryBarrier();
        if (IsEnding)
        {
            fresh.Abort();
        }

        return old.DisposeAsync();
    }

    /// <summary>Called when a direction has ended: passes its end on if the other side is still open.</summary>
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

    /// <summary>Called when a transport threw, against its contract: its connections are aborted. Ends a direction.</summary>
    public void OnFaulted(Exception error)
    {
        Fail(error);
        EndDirection();
    }

    /// <summary>Handles the same failure as <see cref="OnFaulted"/>, for callers that are not a direction.</summary>
    public void Fail(Exception error)
    {
        RecordFault(error);
        EndNow(new(ClosedBy.Proxy, Phase));
    }

    // The first error is reported; later ones usually follow from it.
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

    /// <summary>Handles a source that has ended.</summary>
    /// <returns>The connection to reset for it; null for none.</returns>
    private TransportConnection? EndSource(HalfDuplex half, TransportStatus status)
    {
        if (status == TransportStatus.Ok || (status == TransportStatus.Truncated && half.PassesCutAsFin))
        {
            half.PassFin(isCut: status == TransportStatus.Truncated);
            var other = End(half, withFin: true);
            return other.Ended && !other.EndedWithFin ? half.Destination : null;
        }

        if (status == TransportStatus.Aborted)
        {
            return EndAborted();
        }

        var reason = new CloseReason(half.SourceSide, Phase, status == TransportStatus.TimedOut);
        _control.TrySetReason(half.Source.WasTruncated ? reason.AsTruncated() : reason);
        End(half, withFin: false);
        return half.Destination;
    }

    /// <summary>
    /// Handles a destination that takes no more bytes. The bytes that it had sent before are still on their way through the other direction, which finds the
    /// same end behind them. Only if that direction has already ended must the source be notified here.
    /// </summary>
    /// <returns>The connection to reset for it; null for none.</returns>
    private TransportConnection? EndUndelivered(HalfDuplex half, TransportStatus status)
    {
        if (status == TransportStatus.Aborted)
        {
            return EndAborted();
        }

        _control.TrySetReason(new(half.DestinationSide, Phase, status == TransportStatus.TimedOut));
        return End(half, withFin: false).EndedWithFin ? half.Source : null;
    }

    /// <summary>Handles a connection that was aborted locally: by a caller that has set a reason, or outside the copy, in which case its transport ends.</summary>
    private TransportConnection? EndAborted()
    {
        _control.TrySetReason(new(ClosedBy.Proxy, Phase));
        return null;
    }

    /// <summary>Resets a connection after it has acknowledged all bytes sent to it, as a RST discards the rest.</summary>
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
    /// <returns>The state of the other direction at that moment. If both end at once, exactly one sees the other ended.</returns>
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

    // Each step runs regardless of the result of the one before: the owner waits for the end, and a connection that is not closed is leaked.
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

        // A caller that ends the copy on another thread may have aborted one connection and not yet the other; closing that one would send a FIN.
        if (!_control.TrySetReason(Client.WasTruncated || _server.WasTruncated ? CloseReason.Normal.AsTruncated() : CloseReason.Normal))
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
