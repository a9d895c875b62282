namespace Linkerd.Tcp;

/// <summary>A connection's timer over the <see cref="TimeProvider"/>: one timer object, made when it is first armed.</summary>
internal sealed class ProviderTimer(TimeProvider timeProvider) : TransportTimer, IDisposable
{
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private ITimerHandler? _handler;
    private bool _disposed;

    public override void Arm(TimeSpan dueTime, ITimerHandler handler)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _handler = handler;

            // Timers count whole milliseconds of a coarser clock than the one that deadlines are checked with: up, so as never to be early.
            var due = TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(dueTime.TotalMilliseconds) + 1, int.MaxValue));
            if (_timer is null)
            {
                using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
                {
                    _timer = timeProvider.CreateTimer(static state => ((ProviderTimer)state!).OnDue(), this, due, Timeout.InfiniteTimeSpan);
                }
            }
            else
            {
                _timer.Change(due, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public override void Disarm()
    {
        lock (_lock)
        {
            _handler = null;
            _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _handler = null;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void OnDue()
    {
        ITimerHandler? handler;
        lock (_lock)
        {
            handler = _handler;
            _handler = null;
        }

        handler?.OnTimer();
    }
}
