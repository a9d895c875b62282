namespace Linkerd.Tcp;

/// <summary>A timer of one loop. Armed from elsewhere it is posted there; of two orders that overtake each other the later one holds.</summary>
internal sealed class WheelTimer(EpollLoop loop) : TransportTimer
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

    public override void Arm(TimeSpan dueTime, ITimerHandler handler)
    {
        var order = Interlocked.Increment(ref _orders);
        var dueAt = EpollLoop.After(dueTime);
        if (loop.IsCurrent)
        {
            Obey(order, dueAt, handler);
        }
        else
        {
            loop.Post(static state =>
            {
                var (timer, order, dueAt, handler) = ((WheelTimer, int, long, ITimerHandler?))state!;
                timer.Obey(order, dueAt, handler);
            }, (this, order, dueAt, (ITimerHandler?)handler));
        }
    }

    public override void Disarm()
    {
        var order = Interlocked.Increment(ref _orders);
        if (loop.IsCurrent)
        {
            Obey(order, 0, null);
        }
        else
        {
            loop.Post(static state =>
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
        loop.Wheel.Remove(this);
    }

    /// <summary>It is due. On the loop.</summary>
    public void Fire()
    {
        if (_handler is not { } handler)
        {
            return;
        }

        if (_dueAt > loop.Now)
        {
            loop.Wheel.Add(this, _dueAt);
            return;
        }

        _handler = null;
        handler.OnTimer();
    }

    private void Obey(int order, long dueAt, ITimerHandler? handler)
    {
        if (_closed || order - _obeyed <= 0)
        {
            return;
        }

        _obeyed = order;
        _handler = handler;
        _dueAt = dueAt;
        loop.Wheel.Remove(this);
        if (handler is not null)
        {
            loop.Wheel.Add(this, dueAt);
        }
    }
}
