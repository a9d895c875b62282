namespace Linkerd.Tcp.Testing;

/// <summary>A timer of <see cref="SimulatedClock"/>: its callback is a step of the scheduler.</summary>
internal sealed class SimulatedTimer(SimulatedScheduler scheduler, TimerCallback callback, object? state) : ITimer
{
    private readonly Lock _lock = new();
    private ScheduledItem? _scheduled;
    private TimeSpan _period;
    private bool _disposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _scheduled?.Cancel();
            _scheduled = null;
            if (_disposed)
            {
                return false;
            }

            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _scheduled = scheduler.Schedule(dueTime, static timer => ((SimulatedTimer)timer!).Fire(), this);
            }

            return true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _scheduled?.Cancel();
            _scheduled = null;
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Fire()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            var repeats = _period > TimeSpan.Zero;
            _scheduled = repeats ? scheduler.Schedule(_period, static timer => ((SimulatedTimer)timer!).Fire(), this) : null;
        }

        callback(state);
    }
}
