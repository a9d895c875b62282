using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// The time of a session before its copy: the deadline, the look for a client that has left, and the token that is cancelled at either, or if the session ends for another
/// reason. The session lets go of it when the copy starts. The timer is that of the client's connection.
/// </summary>
internal sealed class SessionWait : ITimerHandler
{
    // The time within which a client that reset its connection while it waits is noticed.
    private static readonly TimeSpan PresenceCheck = TimeSpan.FromMilliseconds(250);

    private readonly Session _session;
    private CancellationTokenSource? _source;
    private PreludeRun? _preludes;
    private volatile State _state;
    private bool _wasLate;

    public SessionWait(Session session)
    {
        _session = session;
        _source = Services.Pending.Get();
    }

    private enum State : byte
    {
        Prelude,
        Establishing,
        Over,
    }

    public CancellationToken Token => Volatile.Read(ref _source)?.Token ?? new CancellationToken(canceled: true);

    /// <summary>The timestamp at which the wait ends, or <see cref="Establishment.NoDeadline"/>.</summary>
    public long Deadline { get; private set; } = Establishment.NoDeadline;

    private TransportConnection Connection => _session.Context.Connection;

    private SessionServices Services => _session.Context.Acceptor.Services;

    // A FIN may be a half-close, after which the client still waits for its answer, so it counts only if the options require it.
    private bool ClientLeft => _session.Context.Acceptor.Policy.AbortOnClose ? Connection.HasPeerClosed : Connection.IsReset;

    /// <summary>Begins the preludes. A client that leaves is not looked for: a receive notices it.</summary>
    public void BeginPreludes(PreludeRun preludes, TimeSpan timeout, long now)
    {
        _preludes = preludes;
        Begin(State.Prelude, timeout, now);
    }

    /// <summary>Begins the wait for a server connection.</summary>
    public void BeginEstablishing(TimeSpan timeout, long now) => Begin(State.Establishing, timeout, now);

    /// <summary>Ends the time before the copy: it is not cancelled any more. The source serves another session, unless another thread has taken it to cancel it.</summary>
    public void End()
    {
        _state = State.Over;
        try
        {
            Connection.Deadline.Disarm();
        }
        finally
        {
            if (Interlocked.Exchange(ref _source, null) is { } source)
            {
                Services.Pending.Return(source);
            }
        }
    }

    /// <summary>Ends the preludes or the wait, after the session has its reason. Any thread. Throws the exceptions of callbacks that a transport has registered on the token.</summary>
    public void GiveUp()
    {
        // The code that takes the source owns it: one that was cancelled is never used again.
        Interlocked.Exchange(ref _source, null)?.Cancel();
        if (_state == State.Prelude)
        {
            Connection.Abort();
        }
    }

    void ITimerHandler.OnTimer()
    {
        var state = _state;
        if (state == State.Over)
        {
            return;
        }

        try
        {
            if (state == State.Establishing && ClientLeft)
            {
                _session.EndWaiting(new(ClosedBy.Client, ClosePhase.Queue));
            }
            else if (!ArmTimer() && !TryEndLook(state))
            {
                // What is said of a server that was not found in time depends on how far the search has come.
                _session.EndWaiting(state == State.Prelude ? new(ClosedBy.Client, ClosePhase.Accept, timedOut: true) : null);
            }
        }
        catch (Exception error)
        {
            // No timer watches the session from here on, so it ends.
            _session.RecordFault(error, state == State.Prelude ? ClosePhase.Accept : ClosePhase.Queue);
            _session.EndWaiting(null);
        }
    }

    // The session goes on without the bytes that the prelude waits for. An engine that cannot end a receive does not: then the connection ends a moment later.
    private bool TryEndLook(State state)
    {
        if (state != State.Prelude || _preludes?.TakeLook() is not { } look)
        {
            return false;
        }

        Connection.Deadline.Arm(TransportTimer.LateMoment, this);
        look.Cancel();
        return true;
    }

    private void Begin(State state, TimeSpan timeout, long now)
    {
        _state = state;
        _wasLate = false;
        Deadline = timeout == Timeout.InfiniteTimeSpan
            ? Establishment.NoDeadline
            : now + (long)(timeout.TotalSeconds * Services.TimeProvider.TimestampFrequency);
        ArmTimer();
    }

    /// <summary>Arms the timer for the next look; false if the deadline is over.</summary>
    private bool ArmTimer()
    {
        var next = _state == State.Prelude ? TimeSpan.MaxValue : PresenceCheck;
        if (Deadline is var deadline and not Establishment.NoDeadline)
        {
            var left = Services.TimeProvider.GetElapsedTime(Services.TimeProvider.GetTimestamp(), deadline);
            if (left <= TimeSpan.Zero)
            {
                // A look that comes so late was held up: the process was stopped. Events that came meanwhile, such as a free place, get a moment to take effect.
                if (_wasLate || left > -TransportTimer.LateMoment)
                {
                    return false;
                }

                (_wasLate, left) = (true, TransportTimer.LateMoment);
            }

            next = left < next ? left : next;
        }

        if (next != TimeSpan.MaxValue)
        {
            Connection.Deadline.Arm(next, this);
        }

        return true;
    }
}
