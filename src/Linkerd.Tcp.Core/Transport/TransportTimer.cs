namespace Linkerd.Tcp.Transport;

/// <summary>
/// A timer of one connection. Coarse: it may fire up to 100 ms late, never early. It can fire once more after it was disarmed or
/// re-armed on another thread, so a handler looks at the time and at its own state. On an event loop it fires after all that the loop's connections had
/// received when it was due, also where the process was stopped meanwhile.
/// </summary>
public abstract class TransportTimer
{
    /// <summary>
    /// The time that is granted once if a timer was late by more than this: then the process was stopped, or is short of processor time, and what came meanwhile
    /// may be known in a moment.
    /// </summary>
    internal static readonly TimeSpan LateMoment = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Whether it may fire while a thread has received bytes and has not come to say so. Not on an event loop, which receives before it looks at its timers.
    /// </summary>
    internal virtual bool MayOvertakeReceives => false;

    /// <summary>Fires the handler once, on the connection's executor, after the time given; replaces what was armed before. Costs no system call.</summary>
    /// <param name="dueTime">Zero or more.</param>
    /// <param name="handler">Whom to tell.</param>
    public abstract void Arm(TimeSpan dueTime, ITimerHandler handler);

    /// <summary>Forgets what was armed.</summary>
    public abstract void Disarm();
}
