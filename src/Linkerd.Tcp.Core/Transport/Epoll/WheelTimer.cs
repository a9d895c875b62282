using System.Diagnostics;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>A timer of one loop. Armed from elsewhere it is posted there; of two orders that overtake each other the later one holds.</summary>
internal abstract class WheelTimer : TransportTimer
{
    private ITimerHandler? _handler;
    private long _dueAt;
    private int _orders;
    private int _obeyed;
    private bool _closed;

    /// <summary>Its neighbours in the slot, which the wheel owns.</summary>
    public WheelTimer? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    public WheelTimer? Next { get; set; }

    public long DueTick { get; set; }

    public bool IsLinked { get; set; }

    /// <summary>The loop on which it lives.</summary>
    protected abstract EpollLoop Loop { get; }

    public override void Arm(TimeSpan dueTime, ITimerHandler handler)
    {
        var order = Interlocked.Increment(ref _orders);
        var dueAt = After(dueTime);
        if (Loop.IsCurrent)
        {
            Obey(order, dueAt, handler);
        }
        else
        {
            Loop.Post(static state =>
            {
                var (timer, order, dueAt, handler) = ((WheelTimer, int, long, ITimerHandler?))state!;
                timer.Obey(order, dueAt, handler);
            }, (this, order, dueAt, (ITimerHandler?)handler));
        }
    }

    public override void Disarm()
    {
        var order = Interlocked.Increment(ref _orders);
        if (Loop.IsCurrent)
        {
            Obey(order, 0, null);
        }
        else
        {
            Loop.Post(static state =>
            {
                var (timer, order) = ((WheelTimer, int))state!;
                timer.Obey(order, 0, null);
            }, (this, order));
        }
    }

    /// <summary>Disarms for good. On the loop.</summary>
    public void Close()
    {
        _closed = true;
        _handler = null;
        Loop.Wheel.Remove(this);
    }

    /// <summary>Called when it is due. On the loop.</summary>
    public void Fire()
    {
        if (_handler is not { } handler)
        {
            return;
        }

        if (_dueAt > Loop.Now)
        {
            Loop.Wheel.Add(this, _dueAt);
            return;
        }

        _handler = null;
        try
        {
            handler.OnTimer();
        }
        catch (Exception error)
        {
            OnHandlerThrew(error);
        }
    }

    /// <summary>Called when the handler threw, and its action has not happened. On the loop.</summary>
    protected abstract void OnHandlerThrew(Exception error);

    private void Obey(int order, long dueAt, ITimerHandler? handler)
    {
        if (_closed || order - _obeyed <= 0)
        {
            return;
        }

        _obeyed = order;
        _handler = handler;
        _dueAt = dueAt;
        Loop.Wheel.Remove(this);
        if (handler is not null)
        {
            Loop.Wheel.Add(this, dueAt);
        }
    }

    /// <summary>Returns the timestamp at that time from now, or one that is never reached if the time span is too long.</summary>
    public static long After(TimeSpan span)
    {
        var now = Stopwatch.GetTimestamp();
        var ticks = span.TotalSeconds * Stopwatch.Frequency;
        return ticks < long.MaxValue / 4 ? now + (long)ticks : long.MaxValue / 2;
    }
}

/// <summary>A timer of the loop's own.</summary>
internal sealed class LoopTimer(EpollLoop loop) : WheelTimer
{
    protected override EpollLoop Loop => loop;

    protected override void OnHandlerThrew(Exception error) => TransportLog.WorkThrew(loop.Logger, error);
}

/// <summary>A connection's timer, whose handler may be user code.</summary>
internal sealed class ConnectionTimer(EpollConnection connection) : WheelTimer
{
    protected override EpollLoop Loop => connection.Loop;

    protected override void OnHandlerThrew(Exception error)
    {
        TransportLog.TimerHandlerThrew(Loop.Logger, error);
        connection.Abort();
    }
}
