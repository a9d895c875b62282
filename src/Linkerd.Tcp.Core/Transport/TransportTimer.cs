namespace Linkerd.Tcp.Transport;

/// <summary>
/// Represents the timer of one connection. It is coarse: it may fire up to 100 ms late, never early. It can fire once more after it was disarmed or
/// re-armed on another thread, so a handler checks the time and its own state. On an event loop it fires after all that the loop's connections had
/// received when it was due, even if the process was stopped meanwhile.
/// </summary>
public abstract class TransportTimer
{
    /// <summary>
    /// The time that is granted once if a timer was late by more than this: then the process was stopped, or is short of processor time, and events that came meanwhile
    /// may be noticed in a moment.
    /// </summary>
    internal static readonly TimeSpan LateMoment = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// True if it may fire while a thread has received bytes that it has not yet reported. Not on an event loop, which receives before it looks at its timers.
    /// </summary>
    internal virtual bool MayOvertakeReceives => false;

    /// <summary>Fires the handler once, on the connection's executor, after the time given; replaces an earlier one. Costs no system call.</summary>
    /// <param name="dueTime">Zero or more.</param>
    /// <param name="handler">Called when the timer is due.</param>
    public abstract void Arm(TimeSpan dueTime, ITimerHandler handler);

    /// <summary>Disarms the timer.</summary>
    public abstract void Disarm();
}
